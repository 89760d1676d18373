"""A page of HTML as tests read it: its elements, its words, and its tables with the exact figures in them."""

from html.parser import HTMLParser


class Page(HTMLParser):
    """What is in a page; asserts that all its elements are closed in order.

    Args:
        text: the page.

    Attributes:
        elements: each element's name and its attributes.
        text: all words.
        code: what stands in each <pre>.
        tables: for each heading of a section its tables, as rows of cells: the exact figures of a cell, or its words.
    """

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.elements, self.words, self.open, self.code, self.tables = [], [], [], [], {}
        self._heading, self._cell = "", None
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        assert len(dict(attributes)) == len(attributes)
        if tag not in ("meta", "link"):
            self.open.append(tag)
        if tag == "pre":
            self.code.append("")
        if tag == "h2":
            self._heading = dict(attributes)["id"]
        elif tag == "table":
            self.tables.setdefault(self._heading, []).append([])
        elif tag == "tr":
            self.tables[self._heading][-1].append([])
        elif tag in ("td", "th"):
            self._cell = []
        elif tag == "data" and self._cell is not None:
            self._cell.append(float(dict(attributes)["value"]))

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
        if tag in ("td", "th"):
            exact = [each for each in self._cell if isinstance(each, float)]
            words = "".join(each for each in self._cell if isinstance(each, str)).strip()
            self.tables[self._heading][-1][-1].append(exact[0] if len(exact) == 1 else tuple(exact) or words)
            self._cell = None

    def handle_data(self, data):
        self.words.append(data)
        if self.open[-1:] == ["pre"]:
            self.code[-1] += data
        if self._cell is not None:
            self._cell.append(data)

    def of(self, tag):
        """The attributes of all elements of this name."""
        return [attributes for each, attributes in self.elements if each == tag]

    @property
    def text(self):
        return " ".join(self.words)

    def column(self, section, name, table=0):
        """A column of a section's table, by the words of its rows."""
        heading, *rows = self.tables[section][table]
        place = heading.index(name)
        return {row[0]: row[place] for row in rows}
