/* Whether the system tells the final name of a folder whose path is longer than 260 characters. Windows does. */
#include <wchar.h>
#include <windows.h>

int wmain(void) {
    static wchar_t path[1000] = L"\\\\?\\C:\\windows\\temp", name[2000];
    for (int depth = 0; depth < 7; depth++)
        CreateDirectoryW(wcscat(path, L"\\a folder of a name of fifty characters and no fewer"), NULL);
    HANDLE folder = CreateFileW(path, 0, 7, NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
    return folder == INVALID_HANDLE_VALUE ? 2 : !GetFinalPathNameByHandleW(folder, name, 2000, 0);
}
