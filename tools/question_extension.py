"""The directive `question`: multiple choice that is live in a page without a kernel.

The page has a fieldset of native radio buttons: they are reached and chosen by keyboard, and read by screen readers.
`assets/questions.js` shows the explanation of the chosen one. Without scripts, and in print, the options are a list and
the explanations are all below it. Nothing is stored or sent.
"""

from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from tools.questions import LETTERS, BadQuestion, find_line, judge, parse_question

LOGGER = logging.getLogger(__name__)


class question(nodes.General, nodes.Element):  # docutils has node classes in lower case
    """A question: its text, an optional lead, the options, and the explanations."""


class question_text(nodes.General, nodes.TextElement):
    """What is asked."""


class question_options(nodes.General, nodes.Element):
    """The options."""


class question_option(nodes.General, nodes.TextElement):
    """One option's text."""


class question_explanations(nodes.General, nodes.Element):
    """All explanations."""


class question_explanation(nodes.General, nodes.Element):
    """One option's letter, verdict and explanation."""


class QuestionDirective(SphinxDirective):
    """A multiple-choice question, numbered within its page."""

    required_arguments = 0
    optional_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec = {"name": directives.unchanged_required}

    def run(self):
        """Build the question, or report what its author has to mend."""
        text = " ".join(self.arguments)
        try:
            asked = parse_question(text, "\n".join(self.content))
        except BadQuestion as problem:
            LOGGER.error("question %r: %s", text, problem, location=self.locate(text))
            return []
        number = self.env.new_serialno("question") + 1
        node = question(number=number)
        if "name" in self.options:
            self.add_name(node)
        else:
            node["ids"].append(f"question-{number}")
        node += self.parse_line(question_text(), asked.text)
        node += self.parse_blocks(asked.lead, 0)
        node += self.build_options(asked)
        node += self.build_explanations(asked)
        return [node]

    def locate(self, text):
        """File and line of a question, in the text that people edit rather than its notebook."""
        path = Path(self.env.doc2path(self.env.docname))
        twin = path.with_suffix(".md")
        line = find_line(twin.read_text(encoding="utf-8").split("\n"), text) if twin.exists() else None
        return f"{twin}:{line}" if line else (self.env.docname, self.lineno)

    def parse_line(self, node, text):
        """Fill a node with one line of MyST."""
        children, messages = self.state.inline_text(text, self.lineno)
        node.extend(children)
        return node + messages if messages else node

    def parse_blocks(self, text, offset):
        """Parse paragraphs of MyST."""
        holder = nodes.Element()
        lines = StringList(text.split("\n") if text else [], source=self.state_machine.document["source"])
        self.state.nested_parse(lines, self.content_offset + offset, holder)
        return holder.children

    def build_options(self, asked):
        """The options' node."""
        options = question_options()
        for letter, option in zip(LETTERS, asked.options, strict=False):
            options += self.parse_line(question_option(letter=letter), option.text)
        return options

    def build_explanations(self, asked):
        """The explanations' node: an option's text is repeated by its letter."""
        explanations = question_explanations()
        for letter, option in zip(LETTERS, asked.options, strict=False):
            node = question_explanation(letter=letter, right=option.right, verdict=judge(option))
            node += self.parse_blocks(option.explanation, option.line + 1)
            explanations += node
        return explanations


def visit_question(self, node):
    """Open the fieldset."""
    self.body.append(self.starttag(node, "fieldset", "\n", CLASS="tl-question"))


def depart_question(self, node):
    """Close the fieldset, after the region that speaks."""
    self.body.append('<div class="tl-feedback" aria-live="polite" hidden></div>\n</fieldset>\n')


def visit_text(self, node):
    """Open the legend: number and text."""
    self.body.append(f'<legend><span class="tl-number">Question {node.parent["number"]}</span> ')


def depart_text(self, node):
    """Close the legend."""
    self.body.append("</legend>\n")


def visit_options(self, node):
    """Open the list of options; letters and all, it serves without a script too."""
    self.body.append('<ol class="tl-options" type="a">\n')


def depart_options(self, node):
    """Close the list."""
    self.body.append("</ol>\n")


def name_option(node):
    """Name of a question's group of radio buttons, and of this option within it."""
    asked = node.parent.parent
    return asked["ids"][0], f"{asked['ids'][0]}-{node['letter']}"


def visit_option(self, node):
    """Open an option: a radio button, hidden until the script makes it live, and its label."""
    group, name = name_option(node)
    self.body.append(
        f'<li><input type="radio" name="{group}" id="{name}" value="{node["letter"]}" autocomplete="off" hidden>'
        f'<label for="{name}">'
    )


def depart_option(self, node):
    """Close an option."""
    self.body.append("</label></li>\n")


def visit_explanations(self, node):
    """Open the folded list of explanations."""
    self.body.append('<details class="tl-explanations"><summary>Answer</summary>\n<ol type="a">\n')


def depart_explanations(self, node):
    """Close the list of explanations."""
    self.body.append("</ol>\n</details>\n")


def visit_explanation(self, node):
    """Open an explanation, with its verdict."""
    kind = "right" if node["right"] else "wrong"
    self.body.append(
        f'<li class="tl-{kind}" data-option="{node["letter"]}"><p class="tl-verdict">{node["verdict"]}</p>\n'
    )


def depart_explanation(self, node):
    """Close an explanation."""
    self.body.append("</li>\n")


NODES = {
    question: (visit_question, depart_question),
    question_text: (visit_text, depart_text),
    question_options: (visit_options, depart_options),
    question_option: (visit_option, depart_option),
    question_explanations: (visit_explanations, depart_explanations),
    question_explanation: (visit_explanation, depart_explanation),
}


def setup(app):
    """Add the directive and its nodes; return what Sphinx wants to know of an extension."""
    for node, html in NODES.items():
        app.add_node(node, html=html)
    app.add_directive("question", QuestionDirective)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
