/* Whether a program hears the Ctrl-Break that it sends to its own console. On Windows it does. */
#include <windows.h>

static volatile LONG heard;

static BOOL WINAPI hear(DWORD what) {
    heard = what == CTRL_BREAK_EVENT;
    return TRUE;
}

int main(void) {
    FreeConsole();
    AllocConsole();
    SetConsoleCtrlHandler(hear, TRUE);
    GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, 0);
    for (int moment = 0; moment < 100 && !heard; moment++) Sleep(20);
    return heard ? 77 : 1;
}
