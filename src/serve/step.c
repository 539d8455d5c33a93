/* The linear model: 1,000 ns + 10 tokens x 2,500 ps + 55 pairs x 1 ps = 1,025.055 ns, which is 1,026 whole ones. */
#include "serve/step.h"

int64_t step_pairs(int64_t before, int64_t n)
{
    return before * n + n * (n + 1) / 2;
}

int64_t step_linear_ns(const void *linear, const struct step_work *work)
{
    const struct step_linear *l = linear;
    __int128 ps = (__int128)l->token_ps * (work->prefill_tokens + work->decode_tokens) +
                  (__int128)l->pair_ps * work->prefill_pairs + (__int128)l->pair_ps * work->decode_pairs +
                  (__int128)l->context_ps * work->decode_context;
    __int128 ns = l->fixed_ns + (__int128)l->draft_ns * work->draft_passes + (ps + 999) / 1000;
    return ns > INT64_MAX ? -1 : (int64_t)ns;
}
