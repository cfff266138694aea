/* python.exe, as the one of python.org: hands its words to Py_Main of the DLL that lies beside it (DLL names it). */
#include <wchar.h>
#include <windows.h>

typedef int (*Main)(int, wchar_t **);

int wmain(int count, wchar_t **words) {
    static wchar_t place[32768];
    wchar_t *name = place + GetModuleFileNameW(NULL, place, 32000);
    while (name > place && name[-1] != L'\\') name--;
    wcscpy(name, DLL);
    HMODULE library = LoadLibraryExW(place, NULL, LOAD_WITH_ALTERED_SEARCH_PATH);
    Main run = library ? (Main)(void *)GetProcAddress(library, "Py_Main") : NULL;
    return run ? run(count, words) : 100;
}
