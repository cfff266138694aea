/* A program that only starts another: the Python beside it with the words in START and its own, as one command line.
 *
 * netaudit.exe starts `python -m netaudit`, the dumpcap.exe of the check a script that stands for dumpcap. Ctrl-C and
 * Ctrl-Break are left to whom it started; what it started ends with it, but where the window is closed or the session
 * ends: then each program has some seconds of its own, and what was started is let go to use them.
 */
#include <stdio.h>
#include <wchar.h>
#include <windows.h>

static HANDLE job;
static JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits;

static void limit(DWORD flags) {
    limits.BasicLimitInformation.LimitFlags = flags;
    SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits);
}

static BOOL WINAPI leave_it(DWORD what) {
    if (what == CTRL_C_EVENT || what == CTRL_BREAK_EVENT) return TRUE;
    limit(0);
    return FALSE;
}

int wmain(void) {
    static wchar_t place[32768], line[65536];
    wchar_t *own = GetCommandLineW(), *name = place + GetModuleFileNameW(NULL, place, 32000);
    while (name > place && name[-1] != L'\\') name--;
    wcscpy(name, PYTHON);
    for (int quoted = 0; *own && (quoted || (*own != L' ' && *own != L'\t')); own++)
        if (*own == L'"') quoted = !quoted;
    swprintf(line, 65536, L"\"%ls\" %ls%ls", place, START, own);
    STARTUPINFOW begin = {.cb = sizeof begin};
    GetStartupInfoW(&begin);
    PROCESS_INFORMATION process;
    job = CreateJobObjectW(NULL, NULL);
    limit(JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE);
    SetConsoleCtrlHandler(leave_it, TRUE);
    if (!CreateProcessW(place, line, NULL, NULL, TRUE, 0, NULL, NULL, &begin, &process)) return 101;
    AssignProcessToJobObject(job, process.hProcess);
    WaitForSingleObject(process.hProcess, INFINITE);
    DWORD code = 102;
    GetExitCodeProcess(process.hProcess, &code);
    return (int)code;
}
