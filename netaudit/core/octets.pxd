# C form of octets.py, inlined into kernels
from libc.stdint cimport int64_t, uint8_t, uint64_t

cdef inline int64_t u8(const uint8_t[::1] data, Py_ssize_t at) noexcept nogil:
    return data[at]

cdef inline int64_t u16(const uint8_t[::1] data, Py_ssize_t at) noexcept nogil:
    return u8(data, at) << 8 | u8(data, at + 1)

cdef inline int64_t u32(const uint8_t[::1] data, Py_ssize_t at) noexcept nogil:
    return u16(data, at) << 16 | u16(data, at + 2)

cdef inline int64_t u48(const uint8_t[::1] data, Py_ssize_t at) noexcept nogil:
    return u16(data, at) << 32 | u32(data, at + 2)

cdef inline uint64_t u64(const uint8_t[::1] data, Py_ssize_t at) noexcept nogil:
    return <uint64_t> u32(data, at) << 32 | <uint64_t> u32(data, at + 4)

cdef inline int64_t u16_little(const uint8_t[::1] data, Py_ssize_t at) noexcept nogil:
    return u8(data, at + 1) << 8 | u8(data, at)

cdef inline int64_t u32_little(const uint8_t[::1] data, Py_ssize_t at) noexcept nogil:
    return u16_little(data, at + 2) << 16 | u16_little(data, at)
