@echo off
rem Installs netaudit from this folder alone, into %LOCALAPPDATA%\netaudit-program, or the folder you name.
setlocal
set "place=%~1"
if "%place%"=="" set "place=%LOCALAPPDATA%\netaudit-program"
py -@PYTHON@ -m venv "%place%" || (echo Python @PYTHON@ for Windows, 64 bit, is needed: https://www.python.org & exit /b 1)
"%place%\Scripts\python.exe" -m pip install -q --disable-pip-version-check --no-index --no-deps --require-hashes --find-links "%~dp0wheels" -r "%~dp0lock.txt" || exit /b 1
"%place%\Scripts\netaudit.exe" doctor
echo Run: "%place%\Scripts\netaudit.exe"
