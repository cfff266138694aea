/* Whether the system refuses to rename a folder in which a file is open. Windows does. */
#include <windows.h>

int main(void) {
    RemoveDirectoryW(L"C:\\windows\\temp\\other");
    CreateDirectoryW(L"C:\\windows\\temp\\folder", NULL);
    HANDLE file = CreateFileW(L"C:\\windows\\temp\\folder\\file", GENERIC_WRITE, 7, NULL, CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE, NULL);
    if (file == INVALID_HANDLE_VALUE) return 2;
    return MoveFileW(L"C:\\windows\\temp\\folder", L"C:\\windows\\temp\\other");
}
