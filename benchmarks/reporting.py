"""The report of a large case: `python benchmarks/reporting.py [IMAGES FINDINGS]` (10,000 and 5,000 when not said).

Prints the time to build the report without thumbnails and with (at most 60, made of a stored picture each time), the
size of the file and of its annex; and, where Chromium is installed, how many milliseconds it takes to open, to sort the
longest list by each of its columns (the slowest of them), to filter it for the first time and again, and to search all
annexes: each the least of three, since processors are shared. The case is made up (tests/report/fakes.py).
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from netaudit.report.from_case import write_report  # noqa: E402
from tests.report import fakes  # noqa: E402

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-sync", "--disable-component-update", "--dump-dom",
)  # fmt: skip
MEASURE = """
<script>
addEventListener("load", () => {
  const now = () => performance.now();
  const laid = () => document.body.offsetHeight;
  laid();
  const timed = (act) => { laid(); const from = now(); act(); laid(); return Math.round(now() - from); };
  const opened = now();  // since the page was asked for, with all of it laid out
  const lists = document.querySelectorAll("section.annex table.list");
  const tables = [...lists].filter((one) => one.tHead);
  const length = (one) => one.tBodies[0].rows.length;
  const table = tables.sort((a, b) => length(b) - length(a))[0];
  const told = { rows: length(table), open: Math.round(opened), sort: 0, first: 0, filter: 0, search: 0 };
  const least = (act) => Math.min(timed(act), timed(act), timed(act));  // the processors are shared
  for (const head of table.tHead.rows[0].cells) told.sort = Math.max(told.sort, least(() => head.click()));
  const field = (table.closest(".scroll") || table).previousElementSibling.querySelector("input");
  const real = window.setTimeout;
  window.setTimeout = (act) => { act(); return 0; };
  const enter = (input) => input.dispatchEvent(new Event("input"));
  const type = (input, text) => { input.value = text; enter(input); };
  const between = (input, before, after) =>
    Math.min(...[1, 2, 3].map(() => { type(input, before); return timed(() => type(input, after)); }));
  const searched = (input) => Math.max(between(input, "", "10.0.7"), between(input, "10.0.7", ""));
  told.first = timed(() => type(field, "10.0.7"));  // reads the texts of the rows, once
  told.filter = searched(field);
  const all = document.querySelector("[data-search-here] input");
  told.search = searched(all);
  window.setTimeout = real;
  document.title = "MEASURED " + JSON.stringify(told);
});
</script>
"""


def main() -> None:
    """Build, then open."""
    images, findings = (int(one) for one in sys.argv[1:3]) if len(sys.argv) > 2 else (10_000, 5_000)
    case = fakes.huge(images, findings)
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "report.html"
        for label, thumbnails in (("without thumbnails", False), ("with thumbnails", True)):
            case.thumbnails = thumbnails
            began, cpu = time.perf_counter(), time.process_time()
            write_report(case, path, "zh")
            spent = time.perf_counter() - began, time.process_time() - cpu
            print(f"{label}: {spent[0]:.2f} s, processor {spent[1]:.2f} s, {path.stat().st_size / 1e6:.1f} MB")
        print(f"annex: {path.with_name('report-frames.csv').stat().st_size / 1e6:.1f} MB")
        if CHROMIUM:
            print(opened(path))


def opened(path: Path) -> str:
    """Milliseconds in Chromium, as the page itself measures them; the policy is taken out for that alone."""
    text = path.read_text(encoding="utf-8")
    text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text).replace("</body>", MEASURE + "</body>")
    path.write_text(text, encoding="utf-8")
    command = [CHROMIUM, *QUIET, f"--user-data-dir={path.parent / 'profile'}", path.as_uri()]
    done = subprocess.run(command, capture_output=True, timeout=200, check=True)
    found = re.search(r"<title>(MEASURED [^<]*)</title>", done.stdout.decode())
    return found[1].replace("&quot;", '"') if found else "Chromium measured nothing"


if __name__ == "__main__":
    main()
