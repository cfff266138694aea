@echo off
rem Installs netaudit for this user from this folder alone, into %LOCALAPPDATA%\netaudit-program or the folder you name.
rem The window stays until a key is pressed, where NETAUDIT_QUIET is not set.
setlocal
chcp 65001 >nul 2>nul
if not exist "%~dp0python\python.exe" (
    echo Unpack the whole folder first. / 请先解压整个文件夹。
    pause
    exit /b 1
)
"%~dp0python\python.exe" "%~dp0installing.py" %1
set code=%errorlevel%
if "%code%"=="0" if "%~1"=="" "%LOCALAPPDATA%\netaudit-program\netaudit.exe" doctor
if not defined NETAUDIT_QUIET pause
exit /b %code%
