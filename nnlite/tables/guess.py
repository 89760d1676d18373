"""A guess: what a column of a table is, and why, in words and as signs that a program can tell apart."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["number", "category", "date", "ignore"]
"""What a column is to a model; one to "ignore" is left out."""

ANY_CASE = "any case"
"""The format of categories of which Yes, yes and YES are one."""


class Sign(Enum):
    """One thing that was noticed when a column's kind was decided; a column may have several.

    Attributes:
        SAID: the kind was not guessed: the user has said it.
        OBVIOUS: the reason says nothing that the kind does not.
        EMPTY: the column has no value.
        CONSTANT: it has one value, in every row.
        COUNTER: it counts the rows.
        NAMES: nearly every row has a text of its own.
        UNREAD_DATES: its texts are dates, of which it is not known how they are written.
        PERHAPS_AN_ID: its numbers are whole and all different.
        TWO_READINGS: its numbers mean something else where a comma, or a point, is read otherwise.
        NEGATIVE: brackets, or a minus behind a number, make it negative.
        DIGITS: its texts are of digits, in a source in which numbers have a type of their own.
    """

    SAID = auto()
    OBVIOUS = auto()
    EMPTY = auto()
    CONSTANT = auto()
    COUNTER = auto()
    NAMES = auto()
    UNREAD_DATES = auto()
    PERHAPS_AN_ID = auto()
    TWO_READINGS = auto()
    NEGATIVE = auto()
    DIGITS = auto()


NOTHING: frozenset[Sign] = frozenset()


@dataclass(frozen=True)
class Guess:
    """What a column is, and why.

    Attributes:
        kind: "number", "category", "date" or "ignore".
        why: the reason in plain words.
        format: how its texts are written: of a number one of `NUMBER_FORMATS`, of a date "ISO" or a pattern of
            `strptime`, of a category "any case" where upper and lower case mean the same; else "".
        missing: further texts that stand for a missing value in this column, such as "unknown" among numbers.
        signs: what else was noticed, for programs, which need not read the reason.
    """

    kind: Kind
    why: str
    format: str = ""
    missing: tuple[str, ...] = ()
    signs: frozenset[Sign] = NOTHING
