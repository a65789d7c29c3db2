"""Reads caption files with other people's readers, or with Python's for XML, JSON and CSV, and prints the cues of each as
JSON: [[[start_ms, end_ms, speaker, text], ...], ...]. Fails where a file lacks what its standard asks for.

usage: read_with_others.py FORMAT FILE [FORMAT FILE]...
"""
import csv
import json
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

TTML = "{http://www.w3.org/ns/ttml}"
PARAMETER = "{http://www.w3.org/ns/ttml#parameter}"
STYLING = "{http://www.w3.org/ns/ttml#styling}"
METADATA = "{http://www.w3.org/ns/ttml#metadata}"
XML = "{http://www.w3.org/XML/1998/namespace}"


def milliseconds(clock):
    hours, minutes, seconds = clock.replace(",", ".").split(":")
    return round((int(hours) * 3600 + int(minutes) * 60 + float(seconds)) * 1000)


def vtt(path):
    import webvtt

    return [[milliseconds(c.start), milliseconds(c.end), re.search(r"<v ([^>]*)>", c.raw_text + "<v >")[1], c.text]
            for c in webvtt.read(path)]


def srt(path):
    import pysrt

    with open(path, encoding="utf-8") as file:
        return [[c.start.ordinal, c.end.ordinal, "", c.text] for c in pysrt.from_string(file.read())]


def timed_text(path):
    root = ElementTree.parse(path).getroot()
    assert root.tag == TTML + "tt" and XML + "lang" in root.attrib
    assert root.get(PARAMETER + "timeBase") == "media"
    names = {a.get(XML + "id"): a.find(METADATA + "name").text for a in root.iter(METADATA + "agent")}
    styles = {s.get(XML + "id") for s in root.iter(TTML + "style")}
    regions = {}
    for region in root.iter(TTML + "region"):
        assert region.get(STYLING + "displayAlign") in ("before", "center", "after")
        corner = [float(v.rstrip("%")) for v in region.get(STYLING + "origin").split()]
        size = [float(v.rstrip("%")) for v in region.get(STYLING + "extent").split()]
        for start, length in zip(corner, size):
            assert 0 <= start and 0 < length and start + length <= 100.01
        regions[region.get(XML + "id")] = corner, size
    ids = [p.get(XML + "id") for p in root.iter(TTML + "p")]
    assert len(set(ids)) == len(ids)
    assert root.find(f"{TTML}body/{TTML}div") is not None
    cues = []
    for p in root.iter(TTML + "p"):
        assert p.get("region") in regions
        voice, text = "", p.text or ""
        for child in p:
            if child.tag == TTML + "br":
                text += "\n"
                continue
            assert child.tag == TTML + "span" and len(child) == 0
            if METADATA + "agent" in child.attrib:
                voice = voice or names[child.get(METADATA + "agent")]
                assert child.get("style") in styles
            text += child.text or ""
            assert child.tail is None
        cues.append([milliseconds(p.get("begin")), milliseconds(p.get("end")), voice, text])
    return root, cues


def ttml(path):
    root, cues = timed_text(path)
    assert root.get(PARAMETER + "contentProfiles") == "http://www.w3.org/ns/ttml/profile/imsc1.1/text"
    return cues


def ebu_tt_d(path):
    root, cues = timed_text(path)
    assert PARAMETER + "contentProfiles" not in root.attrib
    standard = root.find(f"{TTML}head/{TTML}metadata/{{urn:ebu:tt:metadata}}documentMetadata/"
                         "{urn:ebu:tt:metadata}conformsToStandard")
    assert standard.text == "urn:ebu:tt:distribution:2018-04"
    for style in root.iter(TTML + "style"):
        for colour in ("color", "backgroundColor"):
            assert re.fullmatch("#[0-9a-f]{6}([0-9a-f]{2})?", style.get(STYLING + colour, "#000000"))
    for p in root.iter(TTML + "p"):
        assert re.fullmatch(r"[A-Za-z_][\w.-]*", p.get(XML + "id"))
        for edge in ("begin", "end"):
            assert re.fullmatch(r"[0-9]{2,}:[0-5][0-9]:[0-5][0-9]\.[0-9]+", p.get(edge))
        assert not any(name.startswith(STYLING) for span in p for name in span.attrib)
    return cues


def table(path):
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file, strict=True))
    return [[round(float(r["start"]) * 1000), round(float(r["end"]) * 1000), r["speaker"], r["text"]] for r in rows]


def textgrid(path):
    """Praat itself: its script language walks the tiers."""
    script = """grid = Read from file: "PATH"
tiers = Get number of tiers
for tier to tiers
  name$ = Get tier name: tier
  intervals = Get number of intervals: tier
  for interval to intervals
    start = Get start time of interval: tier, interval
    end = Get end time of interval: tier, interval
    text$ = Get label of interval: tier, interval
    if text$ <> ""
      text$ = replace$: text$, newline$, "\\n", 0
      appendInfoLine: fixed$: start, 3, tab$, fixed$: end, 3, tab$, name$, tab$, text$
    endif
  endfor
endfor
"""
    with tempfile.NamedTemporaryFile("w", suffix=".praat") as file:
        file.write(script.replace("PATH", path))
        file.flush()
        out = subprocess.run(["praat", "--run", file.name], check=True, capture_output=True).stdout
    text = out.decode("utf-16" if out[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8")
    rows = [line.split("\t") for line in text.splitlines()]
    return [[round(float(r[0]) * 1000), round(float(r[1]) * 1000), r[2], r[3].replace("\\n", "\n")] for r in rows]


def eaf(path):
    root = ElementTree.parse(path).getroot()
    assert root.tag == "ANNOTATION_DOCUMENT"
    assert {"AUTHOR", "DATE", "VERSION"} <= set(root.attrib) and root.get("FORMAT") == "3.0"
    order = [child.tag for child in root]
    places = [("HEADER", "TIME_ORDER", "TIER", "LINGUISTIC_TYPE").index(tag) for tag in order]
    assert places == sorted(places) and order[:2] == ["HEADER", "TIME_ORDER"]
    slots = {s.get("TIME_SLOT_ID"): int(s.get("TIME_VALUE")) for s in root.iter("TIME_SLOT")}
    types = {t.get("LINGUISTIC_TYPE_ID") for t in root.iter("LINGUISTIC_TYPE")}
    tiers = [t.get("TIER_ID") for t in root.iter("TIER")]
    assert len(set(tiers)) == len(tiers)
    ids = [a.get("ANNOTATION_ID") for a in root.iter("ALIGNABLE_ANNOTATION")]
    assert len(set(ids)) == len(ids)
    cues = []
    for tier in root.iter("TIER"):
        assert tier.get("LINGUISTIC_TYPE_REF") in types
        last = 0
        for note in tier.iter("ALIGNABLE_ANNOTATION"):
            start, end = slots[note.get("TIME_SLOT_REF1")], slots[note.get("TIME_SLOT_REF2")]
            assert last <= start < end
            last = end
            cues.append([start, end, tier.get("TIER_ID"), note.find("ANNOTATION_VALUE").text])
    return cues


def otio(path):
    with open(path, encoding="utf-8") as file:
        timeline = json.load(file)
    assert timeline["OTIO_SCHEMA"] == "Timeline.1"
    stack = timeline["tracks"]
    assert stack["OTIO_SCHEMA"] == "Stack.1"
    track = stack["children"][0]
    assert track["OTIO_SCHEMA"] == "Track.1" and track["kind"] in ("Video", "Audio")
    clip = track["children"][0]
    assert clip["OTIO_SCHEMA"] == "Clip.1"
    assert clip["media_reference"]["OTIO_SCHEMA"] in ("ExternalReference.1", "MissingReference.1")

    def span(value):
        assert value["OTIO_SCHEMA"] == "TimeRange.1"
        for time in (value["start_time"], value["duration"]):
            assert time["OTIO_SCHEMA"] == "RationalTime.1"
        start, length = (t["value"] / t["rate"] for t in (value["start_time"], value["duration"]))
        return round(start * 1000), round((start + length) * 1000)

    end = span(clip["source_range"])[1]
    cues = []
    for marker in stack["markers"]:
        assert marker["OTIO_SCHEMA"] == "Marker.2"
        assert marker["color"] in ("WHITE", "YELLOW", "CYAN", "GREEN", "PINK", "ORANGE", "BLUE")
        cues.append([*span(marker["marked_range"]), marker["name"], marker["comment"]])
        assert cues[-1][1] <= end
    return cues


def edl(path):
    """Frames at 25 per second."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    assert text.startswith("TITLE: ") and "\nFCM: NON-DROP FRAME\n" in text
    code = r"(\d\d+):(\d\d):(\d\d):(\d\d)"
    event = re.compile(rf"^\d{{3,}}  001      V     C        {code} {code} {code} {code}\n"
                       r"\* LOC: \S+ \w+ +.*\n \|C:ResolveColor\w+ \|M:(.*) \|D:(\d+)$", re.M)
    cues = []
    for match in event.finditer(text):
        hours, minutes, seconds, frames = (int(v) for v in match.groups()[:4])
        start = ((hours * 60 + minutes) * 60 + seconds) * 1000 + frames * 40
        speaker, _, words = match[17].partition(": ")
        cues.append([start, start + int(match[18]) * 40, speaker, words])
    assert len(cues) == text.count("|M:")
    return cues


READERS = {"vtt": vtt, "srt": srt, "ttml": ttml, "ebu-tt-d": ebu_tt_d, "csv": table, "textgrid": textgrid, "eaf": eaf,
           "otio": otio, "edl": edl}
json.dump([READERS[name](path) for name, path in zip(sys.argv[1::2], sys.argv[2::2])], sys.stdout)
