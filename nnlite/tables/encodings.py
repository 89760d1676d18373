"""The encodings that a file of text may have: Python's own for texts, known without importing any."""

from encodings import normalize_encoding
from encodings.aliases import aliases

# Those for bytes are none for texts; Python 3.11 to 3.14 have no others.
_FOR_BYTES = {"base64_codec", "bz2_codec", "hex_codec", "quopri_codec", "rot_13", "uu_codec", "zlib_codec"}
_WITHOUT_ALIAS = {
    *("cp1006", "cp720", "cp737", "cp856", "cp874", "cp875", "iso8859_1", "koi8_t", "koi8_u", "mac_arabic"),
    *("mac_croatian", "mac_farsi", "mac_romanian", "utf_8_sig"),
}
_KNOWN = {*aliases.values(), *_WITHOUT_ALIAS} - _FOR_BYTES


def is_encoding(name: str) -> bool:
    """Whether this is the name of an encoding of texts, such as "utf-8"; the name alone is looked at.

    >>> from nnlite.tables.encodings import is_encoding
    >>> is_encoding("UTF-8"), is_encoding("latin-1"), is_encoding("hex"), is_encoding("nothing")
    (True, True, False, False)
    """
    if not (name.isascii() and name.isprintable()):
        return False
    plain = normalize_encoding(name).lower()
    return aliases.get(plain, aliases.get(plain.replace(".", "_"), plain)) in _KNOWN
