/* The inner loops of matmul.c, included once for each width of vector: TILE_LANES floats in a vector, TILE(name) the
 * name of a function for it, TILE_TARGET the attribute that lets the compiler use such vectors. No include guard, on
 * purpose.
 *
 * Both functions do 2 TILE_LANES neighbouring columns of a panel for all inputs, each column its own running sum.
 */
typedef float TILE(lanes) __attribute__((vector_size(4 * TILE_LANES)));
typedef float TILE(lanes_any) __attribute__((vector_size(4 * TILE_LANES), aligned(4), may_alias)); /* in memory */

#define TILE_AT(p, i) (*(TILE(lanes_any) *)((p) + (i) * TILE_LANES))

/* sums: four rows, MATMUL_PANEL apart; rows of x are `in` apart. */
TILE_TARGET static void TILE(four)(const float *x, int in, float *panel, float *sums)
{
    const float *x0 = x, *x1 = x + in, *x2 = x1 + in, *x3 = x2 + in;
    TILE(lanes) a0 = { 0 }, b0 = { 0 }, a1 = { 0 }, b1 = { 0 }, a2 = { 0 }, b2 = { 0 }, a3 = { 0 }, b3 = { 0 };

    for (int i = 0; i < in; i++, panel += MATMUL_PANEL) {
        TILE(lanes) wa = TILE_AT(panel, 0), wb = TILE_AT(panel, 1);
        a0 += wa * x0[i];
        b0 += wb * x0[i];
        a1 += wa * x1[i];
        b1 += wb * x1[i];
        a2 += wa * x2[i];
        b2 += wb * x2[i];
        a3 += wa * x3[i];
        b3 += wb * x3[i];
    }
    TILE_AT(sums, 0) = a0;
    TILE_AT(sums, 1) = b0;
    TILE_AT(sums + MATMUL_PANEL, 0) = a1;
    TILE_AT(sums + MATMUL_PANEL, 1) = b1;
    TILE_AT(sums + 2 * MATMUL_PANEL, 0) = a2;
    TILE_AT(sums + 2 * MATMUL_PANEL, 1) = b2;
    TILE_AT(sums + 3 * MATMUL_PANEL, 0) = a3;
    TILE_AT(sums + 3 * MATMUL_PANEL, 1) = b3;
}

TILE_TARGET static void TILE(one)(const float *x, int in, float *panel, float *sums)
{
    TILE(lanes) a = { 0 }, b = { 0 };

    for (int i = 0; i < in; i++, panel += MATMUL_PANEL) {
        a += TILE_AT(panel, 0) * x[i];
        b += TILE_AT(panel, 1) * x[i];
    }
    TILE_AT(sums, 0) = a;
    TILE_AT(sums, 1) = b;
}

/* `rows` (four or one) against all columns of a panel. */
TILE_TARGET static void TILE(panel)(const float *x, int rows, int in, float *panel, float *sums)
{
    for (int c = 0; c < MATMUL_PANEL; c += 2 * TILE_LANES) {
        if (rows == TILE_ROWS)
            TILE(four)(x, in, panel + c, sums + c);
        else
            TILE(one)(x, in, panel + c, sums + c);
    }
}

#undef TILE_AT
#undef TILE_LANES
#undef TILE_TARGET
#undef TILE
