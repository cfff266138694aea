@echo off
rem Removes netaudit from this account: PATH, shortcuts, its entry among the apps, and this folder. Cases stay.
setlocal
set "place=%~dp0"
set "place=%place:~0,-1%"
if not exist "%place%\python\python.exe" exit /b 1
"%place%\python\python.exe" "%place%\installing.py" --remove "%place%"
if errorlevel 1 (
    if not defined NETAUDIT_QUIET pause
    exit /b 1
)
cd /d "%TEMP%"
if not defined NETAUDIT_QUIET pause
(goto) 2>nul & rmdir /s /q "%place%"
