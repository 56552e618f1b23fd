"""Mutants of a C file: the text changed in one place, as whoever mistypes, or thinks by one too few, would.

The file is cut into tokens, not parsed: what a change means is known by its neighbours. A change that does not
compile, or makes the same object, is told by the compiler.
"""
import collections
import re

TOKEN = re.compile(r"""
    (?P<comment>/\*.*?\*/|//[^\n]*) | (?P<directive>(?m:^)[ \t]*\#(?:\\\n|[^\n])*) |
    (?P<text>"(?:\\.|[^"\\])*") | (?P<char>'(?:\\.|[^'\\])*') |
    (?P<number>\d(?:[eEpP][+-]|[\w.])*) | (?P<word>[A-Za-z_]\w*) |
    (?P<mark>\.\.\.|<<=|>>=|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|[^\s\w])""", re.S | re.X)

RELATIONS = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="}
SWAPS = {"&&": "||", "||": "&&", "+=": "-=", "-=": "+=", "++": "--", "--": "++", "<<": ">>", ">>": "<<",
         "|=": "&=", "&=": "|="}
BINARY = {"+": "-", "-": "+", "&": "|", "|": "&"}
WORDS = {"true": "false", "false": "true"}
ERROR = re.compile(r"E[A-Z0-9]{3,}$")
TYPES = {"struct", "enum", "union", "static", "const", "extern"}

Token = collections.namedtuple("Token", "kind text start end")
Mutant = collections.namedtuple("Mutant", "line function kind old new text")


def tokens_of(source):
    """What stands in the source beside blanks, comments and directives."""
    found = (Token(match.lastgroup, match.group(), match.start(), match.end())
             for match in TOKEN.finditer(source))
    return [token for token in found if token.kind not in ("comment", "directive")]


def siblings_of(sources):
    """For each name of an enumeration without values of its own, the name after it, in a circle."""
    siblings = {}
    for source in sources:
        for body in re.findall(r"\benum\s+\w*\s*\{([^{}]*)\}", re.sub(r"/\*.*?\*/|//[^\n]*", "", source, flags=re.S)):
            names = [part.split("=")[0].strip() for part in body.split(",") if part.strip()]
            if len(names) > 1 and body.count("=") <= 1:
                siblings.update(zip(names, names[1:] + names[:1]))
    return siblings


def closing(tokens, at):
    """Where the bracket that opens at AT is closed."""
    depth = 0
    for index in range(at, len(tokens)):
        depth += (tokens[index].text in "([{") - (tokens[index].text in ")]}")
        if not depth:
            return index
    return len(tokens) - 1


def functions_of(tokens):
    """Yields (name, first, last): each function of the file, and the tokens of its body."""
    at = 0
    while at < len(tokens):
        if tokens[at].text == "{":
            end = closing(tokens, at)
            if tokens[at - 1].text == ")":
                depth, back = 0, at - 1
                while True:
                    depth += (tokens[back].text == ")") - (tokens[back].text == "(")
                    if not depth:
                        break
                    back -= 1
                yield tokens[back - 1].text, at, end
            at = end
        at += 1


def is_operand(token):
    return token.kind in ("number", "char", "text") or token.text in (")", "]") or (
        token.kind == "word" and token.text not in ("return", "case", "sizeof"))


def changes_of(tokens, at, siblings):
    """Yields (kind, first, last, new): the tokens FIRST to LAST, and what would stand for them."""
    token, before, after = tokens[at], tokens[at - 1], tokens[min(at + 1, len(tokens) - 1)]
    text = token.text
    if text in RELATIONS:
        yield "relation", at, at, RELATIONS[text]
    elif text in SWAPS:
        yield "operator", at, at, SWAPS[text]
    elif text in BINARY and is_operand(before):
        # A cast or a pointer to a type is no sum.
        if not (text in "&-+" and before.text == ")" and tokens[at - 2].kind == "word" and
                re.match(r"u?int\d*_t$|size_t$|int$|long$|char$", tokens[at - 2].text)):
            yield "operator", at, at, BINARY[text]
    elif text == "!":
        yield "negation", at, at, ""
    elif token.kind == "number":
        # The size of an array is room, and an array one longer is no fault.
        declared = before.text == "[" and (tokens[at - 2].kind == "word" and
                                           (tokens[at - 3].kind == "word" or tokens[at - 3].text == "*"))
        if not declared and re.match(r"(0x[0-9a-fA-F]+|\d+)[uUlL]*$", text):
            yield "constant", at, at, f"({text} + 1)"
    elif text in WORDS:
        yield "constant", at, at, WORDS[text]
    elif token.kind == "word" and before.text == "-" and ERROR.match(text):
        yield "error", at, at, "EXDEV" if text != "EXDEV" else "EINVAL"
    elif text in siblings and before.text != "case" and not (before.text == "[" and after.text == "]"):
        yield "name", at, at, siblings[text]
    if text in ("if", "while") and after.text == "(":
        end = closing(tokens, at + 1)
        yield "condition", at + 1, end, None


def statements_of(tokens, first, last):
    """Yields (kind, first, last, ""): statements of a body that can be left out."""
    for at in range(first + 1, last):
        if tokens[at - 1].text not in ("{", "}", ";", ")", "else", ":"):
            continue
        if tokens[at].kind != "word" and tokens[at].text not in ("*", "("):
            continue
        end, depth = at, 0
        while end < last and (depth or tokens[end].text != ";"):
            depth += (tokens[end].text in "([") - (tokens[end].text in ")]")
            if tokens[end].text in "{}" or depth < 0:
                break
            end += 1
        if tokens[end].text != ";" or end == at:
            continue
        head = tokens[at].text
        if head in ("break", "continue", "goto") or (head == "return" and end + 1 < last):
            yield "statement", at, end - 1, ""
        elif head in TYPES or head in ("if", "for", "while", "do", "switch", "case", "default", "return", "else"):
            continue
        elif tokens[at - 1].text == ")" and tokens[at].text in ("(", "*"):
            continue  # the rest of an expression
        elif any(token.text in ("=", "+=", "-=", "|=", "&=", "++", "--") for token in tokens[at:end]) and (
                tokens[at + 1].kind != "word" and not (tokens[at + 1].text == "*" and tokens[at + 2].kind == "word" and
                                                       tokens[at].text != "*")):
            yield "statement", at, end - 1, ""
        elif tokens[at + 1].text == "(" or tokens[at].text == "(":
            yield "statement", at, end - 1, ""


def mutants_of(source, siblings):
    """All mutants of a source, in the order of their places."""
    tokens = tokens_of(source)
    inside = {}
    changes = []
    for name, first, last in functions_of(tokens):
        inside.update(dict.fromkeys(range(first, last + 1), name))
        changes += statements_of(tokens, first, last)
    for at in range(1, len(tokens)):
        changes += changes_of(tokens, at, siblings)
    found = []
    for kind, first, last, new in sorted(changes, key=lambda change: (change[1], change[0])):
        begin, end = tokens[first].start, tokens[last].end
        old = source[begin:end]
        if new is None:
            new = f"(!{old})"
        # The lines stay where they are: what knows its own line is the same object then.
        line = source.count("\n", 0, begin) + 1
        text = source[:begin] + new + "\n" * (old.count("\n") - new.count("\n")) + source[end:]
        found.append(Mutant(line, inside.get(first), kind, " ".join(old.split()), " ".join(new.split()), text))
    return found
