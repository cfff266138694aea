"""The decorator that compiles kernels with numba, and where what was compiled is kept. Known by all, knows no room."""
