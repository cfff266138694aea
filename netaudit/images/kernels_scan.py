"""Whether the entropy-coded data of a JPEG is one picture's and nothing else: walked code by code, nothing is decoded.

Decoders show something for almost any bytes. Bytes that somebody's protocol put into the middle of a picture shift its
codes: then some code is one that no table has, coefficients run over their block, values leave what eight bits give,
a restart marker is missing, or, most often, the picture is full before its data ends. ITU-T T.81: F.2 sequential, G.2
progressive, B.2 markers and segments. Arithmetic coding, lossless and hierarchical pictures, 12 bits, and tables that
stand elsewhere (motion JPEG) are not walked.
"""

from __future__ import annotations

import cython
import numpy as np

from netaudit.images.headers import header_size, is_progressive

if not cython.compiled:
    from netaudit.core import uncompiled as cython

cython.declare(
    FITS=cython.longlong,
    NOT_WALKED=cython.longlong,
    LEFT_OVER=cython.longlong,
    NO_CODE=cython.longlong,
    NOT_FULL=cython.longlong,
    RESTART=cython.longlong,
    VALUES=cython.longlong,
    PEEK=cython.longlong,
    LENGTHS=cython.longlong,
    FIRSTS=cython.longlong,
    PLACES=cython.longlong,
    SYMBOLS=cython.longlong,
    SEVERAL=cython.longlong,
    BUFFER=cython.longlong,
    HELD=cython.longlong,
    AT=cython.longlong,
    BITS=cython.longlong,
    RUN=cython.longlong,
    END=cython.longlong,
    HORIZONTAL=cython.longlong,
    VERTICAL=cython.longlong,
    QUANTISER=cython.longlong,
    IDENTITY=cython.longlong,
    PREDICTED=cython.longlong,
    SCANNED=cython.longlong,
    SAFE=cython.longlong,
    LARGEST=cython.longlong,
    BAD=cython.longlong,
    LENGTH=cython.longlong,
    BOTH=cython.longlong,
)

FITS, NOT_WALKED = 0, -1
LEFT_OVER, NO_CODE, NOT_FULL, RESTART, VALUES = 1, 2, 3, 4, 5


MOST_BLOCKS = 1 << 22  # of a progressive picture: each has a word on which of its coefficients are there
PEEK = 10  # bits: codes that are no longer are looked up
LENGTHS, FIRSTS, PLACES, SYMBOLS = 1024, 1041, 1058, 1075  # in a table of codes, behind those that are looked up
SEVERAL = SYMBOLS + 256  # codes that are looked up together
TABLE = SEVERAL + (1 << PEEK)
BUFFER, HELD, AT, BITS, RUN, END = 0, 1, 2, 3, 4, 5  # in the state of a reader (`_begun`)
HORIZONTAL, VERTICAL, QUANTISER, IDENTITY, PREDICTED, SCANNED, SAFE = 0, 1, 2, 3, 4, 5, 6  # of a component
LARGEST = 1536  # of a coefficient of eight-bit samples: 1,024 (A.3.3), and half as much for encoders that overshoot
BAD = -1
LENGTH, BOTH = 8, 16  # bits by which a looked-up code has its length, and that with what its number has


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(
    count=cython.longlong, four=cython.longlong, held=cython.longlong, octet=cython.longlong, size=cython.longlong
)
def _begun(
    data: cython.const[cython.uchar][::1], at: cython.longlong, words: cython.uint[::1], state: cython.longlong[::1]
) -> cython.void:
    """Begin to read what lies between two markers (B.1.1.5): bits from the highest of BUFFER on, where HELD are.

    `words` is room for it. AT is the word that is next, BITS how many bits there are (behind them are zeros), and END
    the place of the marker.
    """
    held = 0
    count, size = 0, data.shape[0]
    while at < size:
        if at + 4 <= size:  # four at once, where none of them may begin a marker
            four = (
                cython.cast(cython.longlong, data[at]) << 24
                | cython.cast(cython.longlong, data[at + 1]) << 16
                | cython.cast(cython.longlong, data[at + 2]) << 8
                | data[at + 3]
            )
            if (~four - 0x01010101) & four & cython.cast(cython.longlong, 0x80808080) == 0:
                held = held << 32 | four
                words[count >> 2] = (held >> (8 * (count & 3))) & cython.cast(cython.longlong, 0xFFFFFFFF)
                at, count = at + 4, count + 4
                continue
        octet = cython.cast(cython.longlong, data[at])
        if octet == 0xFF:
            if at + 1 >= size or data[at + 1] != 0:
                break
            at += 1
        at, count, held = at + 1, count + 1, held << 8 | octet
        if count & 3 == 0:
            words[(count >> 2) - 1] = held & cython.cast(cython.longlong, 0xFFFFFFFF)
    if count & 3:
        words[count >> 2] = held << (8 * (4 - (count & 3))) & cython.cast(cython.longlong, 0xFFFFFFFF)
    state[:] = 0
    state[BITS], state[END] = 8 * count, at


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(at=cython.longlong, word=cython.longlong)
def _fill(words: cython.const[cython.uint][::1], state: cython.longlong[::1]) -> cython.void:
    """Hold more than 32 bits."""
    if state[HELD] <= 32:
        at = state[AT]
        word = cython.cast(cython.longlong, words[at]) if 32 * at < state[BITS] else 0
        state[BUFFER] |= word << (32 - state[HELD])
        state[HELD] += 32
        state[AT] = at + 1


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _read(state: cython.const[cython.longlong][::1]) -> cython.longlong:
    """How many bits were read, of those behind the end, too."""
    return cython.cast(cython.longlong, 32 * state[AT] - state[HELD])


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(bits=cython.longlong)
def _bits(
    words: cython.const[cython.uint][::1], state: cython.longlong[::1], count: cython.longlong
) -> cython.longlong:
    """The next bits as a number; at most 16."""
    _fill(words, state)
    bits = ((state[BUFFER] >> 48) & 0xFFFF) >> (16 - count)
    state[BUFFER] <<= count
    state[HELD] -= count
    return cython.cast(cython.longlong, bits)


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _entry(length: cython.longlong, symbol: cython.longlong) -> cython.longlong:
    return cython.cast(cython.longlong, (length + (symbol & 15)) << BOTH | length << LENGTH | symbol)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(length=cython.longlong, look=cython.longlong, place=cython.longlong)
def _looked_up(table: cython.const[cython.int][::1], bits: cython.longlong) -> cython.longlong:
    """What a table has for the code with which 16 bits begin, 0 where it has none (F.2.2.3).

    Its symbol, by LENGTH its bits, and by BOTH these and what the number behind it has.
    """
    look = table[bits >> (16 - PEEK)]
    if look:
        return cython.cast(cython.longlong, look)
    for length in range(PEEK + 1, 17):
        place = (bits >> (16 - length)) - cython.cast(cython.longlong, table[FIRSTS + length])
        if 0 <= place < table[LENGTHS + length]:
            return _entry(length, table[SYMBOLS + cython.cast(cython.longlong, table[PLACES + length]) + place])
    return 0


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(length=cython.longlong, look=cython.longlong)
def _code(
    words: cython.const[cython.uint][::1], state: cython.longlong[::1], table: cython.const[cython.int][::1]
) -> cython.longlong:
    """The symbol of the next code, BAD where the table has none."""
    _fill(words, state)
    look = _looked_up(table, (state[BUFFER] >> 48) & 0xFFFF)
    if look == 0:
        return BAD
    length = (look >> LENGTH) & 0xFF
    state[BUFFER] <<= length
    state[HELD] -= length
    return cython.cast(cython.longlong, look & 0xFF)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(
    code=cython.longlong,
    count=cython.longlong,
    first=cython.longlong,
    i=cython.longlong,
    kind=cython.longlong,
    length=cython.longlong,
    place=cython.longlong,
    symbol=cython.longlong,
    symbols=cython.longlong,
    total=cython.longlong,
)
def _tables(
    data: cython.const[cython.uchar][::1], at: cython.longlong, end: cython.longlong, tables: cython.int[:, ::1]
) -> cython.bint:
    """Read a segment of tables (B.2.4.2): eight of them, those of AC behind those of DC; False where it is none."""
    table: cython.int[::1]
    while at < end:
        kind = data[at]
        if kind & 0xEC or at + 17 > end:
            return False
        table = tables[(kind >> 4) * 4 + (kind & 3)]
        table[:] = 0
        code, total = 0, 0
        symbols = at + 17
        for length in range(1, 17):
            count = cython.cast(cython.longlong, data[at + length])
            if total + count > 256 or symbols + total + count > end or code + count > 1 << length:
                return False
            table[LENGTHS + length], table[FIRSTS + length], table[PLACES + length] = count, code, total
            for i in range(count):
                symbol = data[symbols + total + i]
                table[SYMBOLS + total + i] = symbol
                if length <= PEEK:
                    first = (code + i) << (PEEK - length)
                    for place in range(first, first + (1 << (PEEK - length))):
                        table[place] = _entry(length, symbol)
            total += count
            code = (code + count) << 1
        at = symbols + total
    return at == end


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(
    here=cython.longlong, place=cython.longlong, step=cython.longlong, table=cython.longlong, wide=cython.longlong
)
def _quantisers(
    data: cython.const[cython.uchar][::1],
    at: cython.longlong,
    end: cython.longlong,
    quantisers: cython.longlong[:, ::1],
) -> cython.void:
    """Tables of quantisation (B.2.4.1), in the order of a block's coefficients."""
    while at < end:
        wide, table = data[at] >> 4, data[at] & 3
        step = 2 if wide else 1
        if at + 1 + 64 * step > end:
            return
        for place in range(64):
            here = at + 1 + place * step
            quantisers[table, place] = (
                (cython.cast(cython.longlong, data[here]) << 8 | data[here + 1]) if wide else data[here]
            )
        at += 1 + 64 * step


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _signed(bits: cython.longlong, size: cython.longlong) -> cython.longlong:
    """A number of so many bits, with its sign (F.2.2.1)."""
    bits &= (1 << size) - 1
    return bits + 1 - (1 << size) if size and bits < 1 << (size - 1) else bits


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _value(
    words: cython.const[cython.uint][::1], state: cython.longlong[::1], size: cython.longlong
) -> cython.longlong:
    """The next bits as such a number."""
    return _signed(_bits(words, state, size), size)


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _possible(value: cython.longlong, quantiser: cython.longlong, low: cython.longlong) -> cython.bint:
    """Whether eight-bit samples give such a coefficient."""
    return abs(value) * (quantiser << low) <= LARGEST + (quantiser << low)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(size=cython.longlong)
def _dc(
    words: cython.const[cython.uint][::1],
    state: cython.longlong[::1],
    table: cython.const[cython.int][::1],
    component: cython.longlong[:],
    quantiser: cython.longlong,
    low: cython.longlong,
) -> cython.longlong:
    """The first coefficient of a block, as its difference from that of the block before."""
    size = _code(words, state, table)
    if size < 0 or size > 11:
        return NO_CODE
    component[PREDICTED] += _value(words, state, size)
    return FITS if _possible(component[PREDICTED], quantiser, low) else VALUES


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _more(
    words: cython.const[cython.uint][::1],
    buffer: cython.longlong,
    held: cython.longlong,
    following: cython.longlong,
    bits: cython.longlong,
) -> tuple[cython.longlong, cython.longlong, cython.longlong]:
    """A buffer with another word in it (zeros behind the end), how many bits it holds, and which word is next."""
    if 32 * following < bits:
        buffer |= cython.cast(cython.longlong, words[following]) << (32 - held)  # type: ignore[assignment]
    return buffer, held + 32, following + 1


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(number=cython.longlong, size=cython.longlong, symbol=cython.longlong)
def _seldom(
    buffer: cython.longlong, look: cython.longlong, at: cython.longlong, quantiser: cython.const[cython.longlong][::1]
) -> cython.longlong:
    """How a coefficient stands that has no bits, or more than any may have; `at` is the place behind it."""
    size, symbol = look & 15, look & 0xFF
    if at > 64 or (size == 0 and symbol != 0xF0) or size > 10:
        return NO_CODE
    number = _signed((buffer << (look >> LENGTH & 0xFF)) >> 1 >> (63 - size), size)
    return FITS if _possible(number, quantiser[at - 1], 0) else VALUES


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(
    _=cython.longlong,
    at=cython.longlong,
    behind=cython.longlong,
    bits=cython.longlong,
    buffer=cython.longlong,
    code=cython.longlong,
    following=cython.longlong,
    held=cython.longlong,
    look=cython.longlong,
    place=cython.longlong,
    predicted=cython.longlong,
    safe=cython.longlong,
    size=cython.longlong,
)
def _blocks(
    words: cython.const[cython.uint][::1],
    state: cython.longlong[::1],
    dc: cython.const[cython.int][::1],
    ac: cython.const[cython.int][::1],
    component: cython.longlong[:],
    quantiser: cython.const[cython.longlong][::1],
    count: cython.longlong,
) -> cython.longlong:
    """Blocks of a component of a sequential picture that lie together (F.2.2.2).

    Nearly all that a walk takes: so what is read stays in registers, and nothing is called but for what is seldom.
    """
    buffer, held, following, bits = state[BUFFER], state[HELD], state[AT], state[BITS]
    predicted, safe = component[PREDICTED], component[SAFE]
    for _ in range(count):
        if held <= 32:
            buffer, held, following = _more(words, buffer, held, following, bits)
        look = _looked_up(dc, buffer >> 48 & 0xFFFF)
        size = look & 0xFF
        if look == 0 or size > 11:
            return NO_CODE
        predicted += _signed((buffer << (look >> LENGTH & 0xFF)) >> 1 >> (63 - size), size)
        if not _possible(predicted, quantiser[0], 0):
            return VALUES
        buffer <<= look >> BOTH
        held -= look >> BOTH
        at = 1
        while at <= 63:
            if held <= 32:
                buffer, held, following = _more(words, buffer, held, following, bits)
            place = buffer >> (64 - PEEK) & ((1 << PEEK) - 1)
            look = cython.cast(cython.longlong, ac[SEVERAL + place])
            behind = at + (look >> LENGTH & 0xFF)
            if look and behind <= 64:
                buffer <<= look >> BOTH
                held -= look >> BOTH
                if look & 1:
                    break
                at = behind
                continue
            look = cython.cast(cython.longlong, ac[place])
            if look & 0xFF == 0:
                look = _looked_up(ac, buffer >> 48 & 0xFFFF)
                if look & 0xFF == 0:
                    buffer <<= look >> BOTH
                    held -= look >> BOTH
                    if look:
                        break
                    return NO_CODE
            at += (look >> 4 & 15) + 1
            size = look & 15
            if size > safe or size == 0:
                code = _seldom(buffer, look, at, quantiser)
                if code != FITS:
                    return code
            buffer <<= look >> BOTH
            held -= look >> BOTH
        if at > 64:
            return NO_CODE
    state[BUFFER], state[HELD], state[AT], component[PREDICTED] = buffer, held, following, predicted
    return FITS


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(
    at=cython.longlong, last=cython.longlong, run=cython.longlong, size=cython.longlong, symbol=cython.longlong
)
def _band(
    words: cython.const[cython.uint][::1],
    state: cython.longlong[::1],
    table: cython.const[cython.int][::1],
    quantiser: cython.const[cython.longlong][::1],
    band: tuple[cython.longlong, cython.longlong],
    low: cython.longlong,
    there: cython.ulonglong[::1],
    block: cython.longlong,
) -> cython.longlong:
    """A band of a block the first time (G.1.2.2)."""
    if state[RUN]:
        state[RUN] -= 1
        return FITS
    at, last = band
    while at <= last:
        symbol = _code(words, state, table)
        run, size = symbol >> 4, symbol & 15
        if symbol < 0 or size > 10:
            return NO_CODE
        if size == 0:
            if run < 15:
                state[RUN] = (1 << run) - 1 + _bits(words, state, run)
                return FITS
            at += 16
            continue
        at += run
        if at > last:
            return NO_CODE
        if not _possible(_value(words, state, size), quantiser[at], low):
            return VALUES
        there[block] |= cython.cast(cython.ulonglong, 1) << cython.cast(cython.ulonglong, at)
        at += 1
    return FITS if at == last + 1 else NO_CODE


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(
    at=cython.longlong, last=cython.longlong, run=cython.longlong, size=cython.longlong, symbol=cython.longlong
)
def _refined(
    words: cython.const[cython.uint][::1],
    state: cython.longlong[::1],
    table: cython.const[cython.int][::1],
    band: tuple[cython.longlong, cython.longlong],
    there: cython.ulonglong[::1],
    block: cython.longlong,
) -> cython.longlong:
    """A band of a block once more, a bit deeper (G.1.2.3)."""
    at, last = band
    while at <= last and state[RUN] == 0:
        symbol = _code(words, state, table)
        run, size = symbol >> 4, symbol & 15
        if symbol < 0 or size > 1:
            return NO_CODE
        if size == 0 and run < 15:
            state[RUN] = (1 << run) + _bits(words, state, run)
            break
        _bits(words, state, size)
        while at <= last:
            if there[block] >> cython.cast(cython.ulonglong, at) & cython.cast(cython.ulonglong, 1):
                _bits(words, state, 1)
            elif run == 0:
                break
            else:
                run -= 1
            at += 1
        if size:
            if at > last:
                return NO_CODE
            there[block] |= cython.cast(cython.ulonglong, 1) << cython.cast(cython.ulonglong, at)
        at += 1
    if state[RUN]:
        while at <= last:
            if there[block] >> cython.cast(cython.ulonglong, at) & cython.cast(cython.ulonglong, 1):
                _bits(words, state, 1)
            at += 1
        state[RUN] -= 1
    return FITS


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(_=cython.longlong, left=cython.longlong, octet=cython.longlong, rest=cython.longlong)
def _ended(words: cython.const[cython.uint][::1], state: cython.longlong[::1]) -> cython.longlong:
    """Whether data up to the next marker are padding, of zeros or ones (F.1.2.3): the rest of a byte, and bytes."""
    left = state[BITS] - _read(state)
    if left < 0 or state[RUN]:
        return NOT_FULL
    rest = _bits(words, state, left % 8)
    if rest != 0 and rest != (1 << (left % 8)) - 1:
        return LEFT_OVER
    for _ in range(left // 8):
        octet = _bits(words, state, 8)
        if 0 < octet < 0xFF:
            return LEFT_OVER
    return FITS


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(
    bits=cython.longlong,
    ends=cython.longlong,
    length=cython.longlong,
    look=cython.longlong,
    places=cython.longlong,
    symbol=cython.longlong,
    used=cython.longlong,
)
def _together(table: cython.int[::1], safe: cython.longlong) -> cython.void:
    """Put codes together that one look shows, as far as nothing must be asked of the numbers behind them.

    Their bits with these numbers by BOTH, by LENGTH how many places of a block they take, and whether they end it,
    which takes a place, too: behind the last one no block is ended.
    """
    for bits in range(1 << PEEK):
        used = places = ends = 0
        while used < PEEK and not ends:
            look = cython.cast(cython.longlong, table[bits << used & ((1 << PEEK) - 1)])
            length, symbol = look >> LENGTH & 0xFF, look & 0xFF
            if look == 0 or used + length > PEEK or (symbol and not 0 < symbol & 15 <= safe):
                break
            used += look >> BOTH
            places += (symbol >> 4) + 1
            ends = cython.cast(cython.longlong, symbol == 0)
        table[SEVERAL + bits] = used << BOTH | places << LENGTH | ends


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(at=cython.longlong, bits=cython.longlong, most=cython.longlong)
def _safe(quantiser: cython.const[cython.longlong][::1]) -> cython.longlong:
    """Bits that a coefficient may have, whatever they are and wherever it lies but at the first place."""
    most = 1
    for at in range(1, 64):
        most = max(most, quantiser[at])
    bits = 0
    while bits < 10 and most << (bits + 1) <= LARGEST:
        bits += 1
    return bits


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(
    _=cython.longlong,
    ac=cython.longlong,
    across=cython.longlong,
    alone=cython.bint,
    at=cython.longlong,
    blocks=cython.longlong,
    code=cython.longlong,
    dc=cython.longlong,
    down=cython.longlong,
    first=cython.longlong,
    height=cython.longlong,
    high=cython.longlong,
    interval=cython.longlong,
    last=cython.longlong,
    low=cython.longlong,
    most_h=cython.longlong,
    most_v=cython.longlong,
    number=cython.longlong,
    progressive=cython.longlong,
    safe=cython.longlong,
    unit=cython.longlong,
    way=cython.longlong,
    which=cython.longlong,
    width=cython.longlong,
)
def _scan(
    data: cython.const[cython.uchar][::1],
    words: cython.uint[::1],
    state: cython.longlong[::1],
    tables: cython.int[:, ::1],
    components: cython.longlong[:, :],
    quantisers: cython.const[cython.longlong][:, ::1],
    taken: cython.const[cython.longlong][:, :],
    ways: cython.longlong,
    frame: cython.const[cython.longlong][::1],
    there: cython.ulonglong[:, ::1],
) -> cython.longlong:
    """One scan.

    `taken`: for each of its components which it is and its tables. `frame`: width, height, interval, whether it is
    progressive, first and last of the band, by how many bits it was known before and is known now.
    """
    component: cython.longlong[:]
    one: cython.longlong[:]
    quantiser: cython.const[cython.longlong][::1]
    width, height, interval, progressive = frame[0], frame[1], frame[2], frame[3]
    first, last, high, low = frame[4], frame[5], frame[6], frame[7]
    most_h, most_v = 1, 1
    for number in range(components.shape[0]):
        most_h, most_v = max(most_h, components[number, HORIZONTAL]), max(most_v, components[number, VERTICAL])
    safe = 10
    for way in range(ways):
        safe = min(safe, _safe(quantisers[components[taken[way, 0], QUANTISER]]))
    for way in range(ways):
        components[taken[way, 0], SAFE] = safe
        if not progressive:
            _together(tables[4 + taken[way, 2]], safe)
    alone = ways == 1
    if alone:
        one = components[taken[0, 0]]
        across = (-(-width * one[HORIZONTAL] // most_h) + 7) // 8
        down = (-(-height * one[VERTICAL] // most_v) + 7) // 8
    else:
        across, down = -(-width // (8 * most_h)), -(-height // (8 * most_v))
    for unit in range(across * down):
        code = FITS
        if interval and unit and unit % interval == 0:
            code = _ended(words, state)
            if code != FITS:
                return code
            at = state[END]
            while at + 1 < data.shape[0] and data[at] == 0xFF and data[at + 1] == 0xFF:
                at += 1
            if at + 1 >= data.shape[0] or data[at] != 0xFF or data[at + 1] != 0xD0 + (unit // interval - 1) % 8:
                return RESTART
            _begun(data, at + 2, words, state)
            components[:, PREDICTED] = 0
        for number in range(ways):
            which, dc, ac = taken[number, 0], taken[number, 1], taken[number, 2]
            component = components[which]
            quantiser = quantisers[component[QUANTISER]]
            blocks = 1 if alone else component[HORIZONTAL] * component[VERTICAL]
            if not progressive:
                code = _blocks(words, state, tables[dc], tables[4 + ac], component, quantiser, blocks)
                if code != FITS:
                    return code
                continue
            for _ in range(blocks):
                if first == 0:
                    if high == 0:
                        code = _dc(words, state, tables[dc], component, quantiser[0], low)
                    else:
                        _bits(words, state, 1)
                elif high == 0:
                    code = _band(words, state, tables[4 + ac], quantiser, (first, last), low, there[which], unit)
                else:
                    code = _refined(words, state, tables[4 + ac], (first, last), there[which], unit)
                if code != FITS:
                    return code
        if _read(state) > state[BITS]:
            return NOT_FULL
    return _ended(words, state)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(count=cython.longlong, here=cython.longlong, number=cython.longlong)
def _frame(
    data: cython.const[cython.uchar][::1],
    begin: cython.longlong,
    end: cython.longlong,
    frame: cython.longlong[::1],
    components: cython.longlong[:, :],
) -> cython.longlong:
    """Read a frame header (B.2.2); how many components it has, 0 where it is none that can be walked."""
    if end < begin + 6 or data[begin] != 8:
        return 0
    count = cython.cast(cython.longlong, data[begin + 5])
    frame[1], frame[0] = (
        cython.cast(cython.longlong, data[begin + 1]) << 8 | data[begin + 2],
        cython.cast(cython.longlong, data[begin + 3]) << 8 | data[begin + 4],
    )
    if not 1 <= count <= 4 or end < begin + 6 + 3 * count or frame[0] == 0 or frame[1] == 0:
        return 0
    for number in range(count):
        here = begin + 6 + 3 * number
        components[number, IDENTITY] = data[here]
        components[number, HORIZONTAL], components[number, VERTICAL] = data[here + 1] >> 4, data[here + 1] & 15
        components[number, QUANTISER] = data[here + 2] & 3
        if not (0 < data[here + 1] >> 4 <= 4 and 0 < data[here + 1] & 15 <= 4):
            return 0
    return count


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(
    band=cython.bint, chosen=cython.longlong, number=cython.longlong, way=cython.longlong, ways=cython.longlong
)
def _taken(
    data: cython.const[cython.uchar][::1],
    begin: cython.longlong,
    end: cython.longlong,
    frame: cython.longlong[::1],
    components: cython.longlong[:, :],
    taken: cython.longlong[:, :],
) -> cython.longlong:
    """Read a scan header (B.2.3); how many components it has, 0 where it is none that can be walked."""
    ways = cython.cast(cython.longlong, data[begin]) if end > begin else 0
    if not 1 <= ways <= components.shape[0] or end != begin + 4 + 2 * ways:
        return 0
    for way in range(ways):
        taken[way, 0] = -1
        for number in range(components.shape[0]):
            if components[number, IDENTITY] == data[begin + 1 + 2 * way]:
                taken[way, 0] = number
        if taken[way, 0] < 0:
            return 0
        chosen = data[begin + 2 + 2 * way]
        taken[way, 1], taken[way, 2] = (chosen >> 4) & 3, chosen & 3
        components[taken[way, 0], SCANNED] = 1
    frame[4], frame[5] = data[end - 3], data[end - 2]
    frame[6], frame[7] = data[end - 1] >> 4, data[end - 1] & 15
    band = frame[5] <= 63 and frame[4] <= frame[5] and not (frame[4] and ways > 1)
    return ways if band or not frame[3] else 0


@cython.ccall
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(
    at=cython.longlong,
    begin=cython.longlong,
    blocks=cython.longlong,
    code=cython.longlong,
    coded=cython.bint,
    count=cython.longlong,
    end=cython.longlong,
    marker=cython.longlong,
    number=cython.longlong,
    ways=cython.longlong,
)
def walked(
    data: cython.const[cython.uchar][::1],
    words: cython.uint[::1],
    tables: cython.int[:, ::1],
    numbers: cython.longlong[:, ::1],
    there: cython.ulonglong[:, ::1],
) -> cython.longlong:
    """How the scans of a JPEG stand to its tables and its size: FITS, NOT_WALKED, or what is wrong first.

    `words`, `tables`, `numbers` and `there` are room for what is read, all but the first zeros; of `there` a row for
    each component, of `words` as many bytes as there are.
    """
    components: cython.longlong[:, :]
    frame: cython.longlong[::1]
    quantisers: cython.longlong[:, ::1]
    state: cython.longlong[::1]
    taken: cython.longlong[:, :]
    quantisers, components, taken = numbers[:4], numbers[4:8, :7], numbers[8:12, :3]
    frame, state = numbers[12], numbers[13]
    count, at, coded = 0, 2, False
    while at + 4 <= data.shape[0]:
        marker = data[at + 1]
        if data[at] != 0xFF or marker == 0xFF:  # decoders skip garbage between segments
            at += 1
            continue
        if marker == 0xD9:
            break
        if marker <= 0x01 or 0xD0 <= marker <= 0xD8:
            at += 2
            continue
        begin, end = at + 4, at + 2 + (cython.cast(cython.longlong, data[at + 2]) << 8 | data[at + 3])
        if end > data.shape[0] or end < begin:
            return NOT_WALKED
        at = end
        if marker == 0xC4:
            coded = _tables(data, begin, end, tables)
            if not coded:
                return NOT_WALKED
        elif marker == 0xDB:
            _quantisers(data, begin, end, quantisers)
        elif marker == 0xDD and end >= begin + 2:
            frame[2] = cython.cast(cython.longlong, data[begin]) << 8 | data[begin + 1]
        elif 0xC0 <= marker <= 0xCF and marker & 0xFB != 0xC8:  # neither JPG nor DAC
            frame[3] = marker == 0xC2
            count = _frame(data, begin, end, frame, components) if marker <= 0xC2 and count == 0 else 0
            blocks = ((frame[0] + 7) // 8 + 4) * ((frame[1] + 7) // 8 + 4)
            if count == 0 or (frame[3] and (blocks > there.shape[1] or count > there.shape[0])):
                return NOT_WALKED
        elif marker == 0xDA:
            ways = _taken(data, begin, end, frame, components[:count], taken) if coded else 0
            if ways == 0:
                return NOT_WALKED
            components[:, PREDICTED] = 0
            _begun(data, end, words, state)
            code = _scan(data, words, state, tables, components[:count], quantisers, taken, ways, frame, there)
            if code != FITS:
                return code
            at = state[END]
    for number in range(count):
        if not components[number, SCANNED]:
            return NOT_FULL
    return FITS if count else NOT_FULL


def scan_of(data: bytes) -> int:
    """`walked` of bytes."""
    octets = np.frombuffer(data, np.uint8)
    size = header_size(data, "jpeg") if is_progressive(data) else None
    blocks = ((size[0] + 7) // 8 + 4) * ((size[1] + 7) // 8 + 4) if size else 0
    there = np.zeros((4, blocks if blocks <= MOST_BLOCKS else 0), np.uint64)
    words = np.empty(len(data) // 4 + 1, np.uint32)
    return int(walked(octets, words, np.zeros((8, TABLE), np.int32), np.zeros((14, 64), np.int64), there))


globals().update(
    FITS=FITS,
    LEFT_OVER=LEFT_OVER,
    NOT_FULL=NOT_FULL,
    NOT_WALKED=NOT_WALKED,
    NO_CODE=NO_CODE,
    RESTART=RESTART,
    VALUES=VALUES,
)  # C variables are not attributes of a compiled module
