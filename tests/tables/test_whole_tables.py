"""Tables as people have them: in each of their columns the kind is the one that a person takes it for."""

import random

import pytest

from nnlite.tables import infer, read_csv

NAMES = ("Ada", "Bo", "Cleo", "Dov", "Eve", "Finn", "Gil", "Hana", "Ivo", "Jo")

# For each table what parts its cells, and for each column its kind and a function that makes a cell of a row.
TABLES = {
    "passengers of a ship": (
        ",",
        {
            "PassengerId": ("ignore", lambda rng, row: row + 1),
            "Survived": ("number", lambda rng, row: rng.choice("01")),
            "Pclass": ("number", lambda rng, row: rng.choice("123")),
            "Name": ("ignore", lambda rng, row: f'"{rng.choice(NAMES)}, Mr. {row}"'),
            "Sex": ("category", lambda rng, row: rng.choice(["male", "female"])),
            "Age": ("number", lambda rng, row: rng.choice(["", 22, 38.5, 26, 35, 0.42, 54])),
            "Ticket": ("ignore", lambda rng, row: f"A/5 {2000 + 7 * row}"),
            "Fare": ("number", lambda rng, row: f"{rng.uniform(5, 500):.4f}"),
            "Cabin": ("category", lambda rng, row: rng.choice(["", "", "C85", "E46", "B28"])),
            "Embarked": ("category", lambda rng, row: rng.choice("SCQ")),
        },
    ),
    "incomes": (
        ",",
        {
            "age": ("number", lambda rng, row: rng.randint(17, 90)),
            "workclass": ("category", lambda rng, row: rng.choice([" Private", " State-gov", " ?"])),
            "fnlwgt": ("number", lambda rng, row: rng.randint(10_000, 1_000_000)),
            "capital-gain": ("number", lambda rng, row: rng.choice([0, 0, 0, 2174, 14084])),
            "native-country": ("category", lambda rng, row: rng.choice([" United-States", " Cuba", " ?"])),
        },
    ),
    "houses": (
        ";",
        {
            "Preis": ("number", lambda rng, row: f"{rng.randint(100, 900)}.{rng.randint(100, 999)},50 €"),
            "Fläche": ("number", lambda rng, row: f"{rng.uniform(30, 200):.1f}".replace(".", ",")),
            "PLZ": ("category", lambda rng, row: rng.choice(["01067", "04109", "10115", "80331"])),
            "Baujahr": ("number", lambda rng, row: rng.choice(["unbekannt", *range(1950, 2020)])),
            "Balkon": ("category", lambda rng, row: rng.choice(["ja", "nein"])),
            "Einzug": ("date", lambda rng, row: f"2024-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"),
        },
    ),
    "orders of a shop": (
        "\t",
        {
            "id": ("ignore", lambda rng, row: f"{rng.getrandbits(64):016x}-{row}"),
            "when": ("date", lambda rng, row: f"2024-01-{1 + row % 28:02}T{rng.randint(10, 23)}:30:00Z"),
            "day": ("ignore", lambda rng, row: f"{1 + row % 28:02}/0{rng.randint(1, 9)}/2024"),  # in which order?
            "total": ("number", lambda rng, row: f"${rng.randint(1, 9)},{rng.randint(100, 999)}.99"),
            "discount": ("number", lambda rng, row: f"{rng.randint(0, 30)}%"),
            "paid": ("category", lambda rng, row: rng.choice(["TRUE", "false", "True"])),
            "country": ("category", lambda rng, row: rng.choice(["DE", "US", "FR", "NA"])),
            "currency": ("ignore", lambda rng, row: "USD"),
            "comment": ("ignore", lambda rng, row: f"please bring it on day {row} to {rng.choice(NAMES)}"),
            "empty": ("ignore", lambda rng, row: ""),
        },
    ),
    "patients": (
        ",",
        {
            "rectal_temp": ("number", lambda rng, row: rng.choice(["?", "38.50", "39.2", "37.9", "40.1"])),
            "pulse": ("number", lambda rng, row: rng.choice(["?", 66, 88, 40, 164])),
            "lesion": ("category", lambda rng, row: rng.choice(["00000", "02208", "11300"])),
            "smoker": ("category", lambda rng, row: rng.choice(["yes", "no", "NA"])),
            "stage": ("category", lambda rng, row: rng.choice(["I", "II", "III", "IV"])),
            "glucose": ("number", lambda rng, row: f"{rng.uniform(-3, 3):.3e}"),
            "admitted": ("date", lambda rng, row: f"20{rng.randint(10, 23)}-0{rng.randint(1, 9)}-15 08:45"),
        },
    ),
}


@pytest.mark.parametrize("name", TABLES)
def test_every_column_is_what_a_person_takes_it_for(name, tmp_path):
    delimiter, columns = TABLES[name]
    rng = random.Random(name)
    rows = [[str(make(rng, row)) for _, make in columns.values()] for row in range(120)]
    path = tmp_path / "table.csv"
    path.write_text("\n".join(delimiter.join(row) for row in [list(columns), *rows]) + "\n", encoding="utf-8")
    guesses = infer(read_csv(path))
    said = {column: (guess.kind, guess.why) for column, guess in guesses.items()}
    assert {column: kind for column, (kind, _) in said.items()} == {k: kind for k, (kind, _) in columns.items()}, said
