/* A small 64-bit hash for signatures and identities; stable on every machine, not for untrusted keys. */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t hash_u64(uint64_t h, uint64_t v)
{
    h = (h ^ v) * 0x9E3779B97F4A7C15u;
    h ^= h >> 32;
    h *= 0xD6E8FEB86659FD93u;
    return h ^ h >> 29;
}

static inline uint64_t hash_double(uint64_t h, double v)
{
    uint64_t bits;
    v += 0.0; /* -0 and 0 look the same */
    memcpy(&bits, &v, sizeof bits);
    return hash_u64(h, bits);
}

static inline uint64_t hash_bytes(uint64_t h, const void *data, size_t n)
{
    const unsigned char *p = data;
    uint64_t v;
    for (h = hash_u64(h, n); n >= 8; n -= 8, p += 8) {
        memcpy(&v, p, 8);
        h = hash_u64(h, v);
    }
    for (v = 0; n--; p++) v = v << 8 | *p;
    return hash_u64(h, v);
}
