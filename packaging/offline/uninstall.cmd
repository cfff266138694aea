@echo off
rem Removes netaudit from this account: PATH, shortcuts, its entry among the apps, and what install.cmd put here.
rem Cases stay. Windows refuses to rename a folder in use: then nothing is changed.
setlocal
chcp 65001 >nul 2>nul
set "place=%~dp0"
set "place=%place:~0,-1%"
set "gone=%place%\python.gone"
if exist "%place%\python" ren "%place%\python" python.gone 2>nul
if exist "%place%\python" (
    echo In use: close netaudit, then run this again. / 正被使用：请关闭 netaudit 后重新运行。
    if not defined NETAUDIT_QUIET pause
    exit /b 1
)
"%gone%\python.exe" "%place%\installing.py" --remove "%place%"
if errorlevel 1 (
    if not defined NETAUDIT_QUIET pause
    exit /b 1
)
cd /d "%TEMP%"
rmdir /s /q "%gone%"
del /q "%place%\netaudit.exe" "%place%\installing.py"
if not defined NETAUDIT_QUIET pause
(goto) 2>nul & del /q "%place%\uninstall.cmd" & rmdir "%place%"
