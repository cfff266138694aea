/* Whether the system refuses to remove a file that is mapped, its handle closed. Windows does. */
#include <windows.h>

int main(void) {
    HANDLE file = CreateFileW(L"C:\\windows\\temp\\mapped", GENERIC_READ | GENERIC_WRITE, 7, NULL, CREATE_ALWAYS, 0, NULL);
    HANDLE mapping = CreateFileMappingW(file, NULL, PAGE_READWRITE, 0, 4096, NULL);
    if (!MapViewOfFile(mapping, FILE_MAP_READ, 0, 0, 0)) return 2;
    CloseHandle(mapping);
    CloseHandle(file);
    return DeleteFileW(L"C:\\windows\\temp\\mapped");
}
