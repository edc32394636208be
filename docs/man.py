"""Writes the manual pages of the C header: one for the library, and one for each function.

usage: man.py HEADER VERSION FOLDER. Doxygen would write the whole header into the page of each function.
"""

import re
import sys
from pathlib import Path

LIBRARY = "autoshares_reset"


def words(comment):
    """A comment's lines without its stars."""
    return [re.sub(r"^\s*\* ?", "", line).rstrip() for line in comment.strip().splitlines()]


def roff(text):
    """A piece of running text: names in bold, and nothing that troff would take for its own."""
    text = text.replace("\\", r"\e").replace("-", r"\-")
    text = re.sub(r"::(\w+)", r"\1", text)
    text = re.sub(r"`([^`]*)`", r"\\fB\1\\fR", text)
    text = re.sub(r"\b(asr_\w+)\(\)", r"\\fB\1\\fR(3)", text)
    return re.sub(r"^([.'])", r"\\&\1", text)


def blocks(lines):
    """Paragraphs, examples, and what stands behind @param and @return, each with its kind."""
    kind, gathered, example = "text", [], False
    for line in [*lines, ""]:
        tag = re.match(r"@(param|return)\s*(.*)", line)
        if line.startswith(("@code", "@endcode")):
            if example:
                yield "example", "\n".join(gathered)
            kind, gathered, example = "text", [], line.startswith("@code")
        elif example:
            gathered.append(line)
        elif tag or not line or re.match(r" *\d+\. ", line):
            if gathered:
                yield kind, " ".join(gathered)
            kind, gathered = (tag[1], [tag[2]]) if tag else ("text", [line.strip()] if line else [])
            if re.match(r" *\d+\. ", line):
                kind = "item"
        else:
            gathered.append(line.strip())


def description(found, headings=False):
    for kind, text in found:
        heading = re.match(r"([A-Z]\w+(?: \w+){0,2})\. (.*)", text) if headings and kind == "text" else None
        if kind == "example":
            yield from [".PP", ".EX", *(re.sub(r"^([.'])", r"\\&\1", line.replace("\\", r"\e")) for line in text.split("\n")), ".EE"]
        elif kind == "item":
            number, rest = text.split(" ", 1)
            yield from [f".IP {number} 4", roff(rest)]
        elif heading:
            yield from [f".SS {heading[1]}", roff(heading[2])]
        else:
            yield from [".PP", roff(text)]


def page(name, version, summary, synopsis, *parts):
    title = f'.TH {name.upper()} 3 "" "{LIBRARY} {version}" "Library Functions Manual"'
    head = [title, ".SH NAME", f"{name} \\- {roff(summary).rstrip('.')}", ".SH SYNOPSIS", ".nf", f".B #include <{LIBRARY}.h>"]
    head += [".PP", f".B {synopsis}"] if synopsis else []
    return "\n".join([*head, ".fi", ".PP", f"Link with \\fB\\-l{LIBRARY}\\fR.", *parts, ""])


def first_sentence(text):
    sentence, _, rest = text.partition(". ")
    return sentence.rstrip("."), rest


def function_page(name, version, signature, comment):
    found = list(blocks(words(comment)))
    (_, opening), *rest = found
    summary, more = first_sentence(opening)
    texts = [("text", more)] if more else []
    texts += [block for block in rest if block[0] in ("text", "example")]
    parts = [".SH DESCRIPTION", roff(f"{summary}."), *description(texts)]
    parameters = [text.split(None, 1) for kind, text in rest if kind == "param"]
    if parameters:
        parts += [".SH PARAMETERS", *(line for name, text in parameters for line in (".TP", f".I {name}", roff(text)))]
    parts += [line for kind, text in rest if kind == "return" for line in (".SH RETURN VALUE", roff(text))]
    others = sorted({*re.findall(r"\b(asr_\w+)\(\)", comment)} - {name})
    parts += [".SH SEE ALSO", ", ".join(f"\\fB{other}\\fR(3)" for other in [LIBRARY, *others])]
    short = summary.split(": ")[0]
    return short, page(name, version, short, re.sub(r"\s+", " ", signature), *parts)


def members(body):
    for comment, member in re.findall(r"/\*\*(.*?)\*/\s*([^/]*?)[,;]?\s*(?=/\*\*|\Z)", body, re.S):
        yield from [".TP", f".B {member}", roff(" ".join(text for _, text in blocks(words(comment))))]


def main(header, version, folder):
    source = Path(header).read_text(encoding="utf-8")
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    functions = []
    declared = r"/\*\*((?:(?!\*/).)*?)\*/\s*(?:ASR_MUST_USE\s+)?([^/#;{}]*?\bASR_CALL (asr_\w+)\([^;]*\));"
    for comment, signature, name in re.findall(declared, source, re.S):
        signature = signature.replace("ASR_CALL ", "").replace("struct ", "") + ";"
        summary, text = function_page(name, version, signature, comment)
        (folder / f"{name}.3").write_text(text, encoding="utf-8")
        functions += [".TP", f"\\fB{name}\\fR(3)", roff(f"{summary}.")]

    _, summary, *overview = words(re.search(r"/\*\*(.*?)\*/", source, re.S)[1])
    result = re.search(r"typedef struct asr_result \{(.*?)\n\}", source, re.S)[1]
    codes = re.search(r"enum asr_code_names \{(.*?)\n\}", source, re.S)[1]
    text = page(
        LIBRARY,
        version,
        summary,
        None,
        ".SH DESCRIPTION",
        *description(list(blocks(overview)), headings=True),
        ".SH FUNCTIONS",
        *functions,
        ".SH RESULT",
        "The fields of an \\fBasr_result\\fR:",
        *members(result),
        ".SH CODES",
        "The values of an \\fBasr_code\\fR:",
        *members(codes),
    )
    (folder / f"{LIBRARY}.3").write_text(text, encoding="utf-8")


main(*sys.argv[1:])
