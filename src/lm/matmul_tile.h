/* The inner loops of matmul.c, included once for each width of vector: TILE_LANES floats in a vector, TILE_ROWS rows of
 * x at most at a time, TILE(name) the name of a function for it, TILE_TARGET the attribute that lets the compiler use
 * such vectors. No include guard, on purpose.
 */
typedef float TILE(lanes) __attribute__((vector_size(4 * TILE_LANES)));
typedef float TILE(lanes_any) __attribute__((vector_size(4 * TILE_LANES), aligned(4), may_alias)); /* in memory */

/* `rows` rows of x against `columns` vectors of weights, each output its own running sum over the inputs; w[c] walks
 * through its panel. sums [rows][columns][TILE_LANES]. Inlined, so that both counts are constants and all sums lie in
 * registers. */
TILE_TARGET static inline __attribute__((always_inline)) void TILE(tile)(const int rows, const int columns,
                                                                          const float *x, int in,
                                                                          const float *const *w, float *sums)
{
    TILE(lanes) sum[MOST_ROWS][MOST_COLUMNS];
    for (int r = 0; r < rows; r++)
        for (int c = 0; c < columns; c++)
            sum[r][c] = (TILE(lanes)){ 0 };
    for (size_t i = 0; i < (size_t)in; i++) {
        TILE(lanes) weights[MOST_COLUMNS];
        for (int c = 0; c < columns; c++)
            weights[c] = *(const TILE(lanes_any) *)(w[c] + i * MATMUL_PANEL);
        for (int r = 0; r < rows; r++)
            for (int c = 0; c < columns; c++)
                sum[r][c] += weights[c] * x[(size_t)r * (size_t)in + i];
    }
    for (int r = 0; r < rows; r++)
        for (int c = 0; c < columns; c++)
            *(TILE(lanes_any) *)(sums + (r * columns + c) * TILE_LANES) = sum[r][c];
}

/* One row, or up to TILE_ROWS of them, against the vectors of a block of panels: with one row eight vectors at a time,
 * so that there are as many sums to work on while one waits; otherwise two. */
TILE_TARGET static void TILE(rows)(int rows, const float *x, int in, const float *const *w, float *sums)
{
    switch (rows) {
    case 1: TILE(tile)(1, MOST_COLUMNS, x, in, w, sums); break;
    case 2: TILE(tile)(2, 2, x, in, w, sums); break;
    case 3: TILE(tile)(3, 2, x, in, w, sums); break;
    case 4: TILE(tile)(4, 2, x, in, w, sums); break;
#if TILE_ROWS > 4
    case 5: TILE(tile)(5, 2, x, in, w, sums); break;
    case 6: TILE(tile)(6, 2, x, in, w, sums); break;
    case 7: TILE(tile)(7, 2, x, in, w, sums); break;
    case 8: TILE(tile)(8, 2, x, in, w, sums); break;
#endif
    default: g_assert_not_reached();
    }
}

/* rows of x against `panels` panels (whose last columns may not exist) of m, from output `first` on. */
TILE_TARGET static void TILE(block)(const struct matrix *m, const float *x, int rows, int first, int panels, float *y)
{
    enum { BY_PANEL = MATMUL_PANEL / TILE_LANES };
    const int vectors = panels * BY_PANEL, at_once = rows == 1 ? MOST_COLUMNS : 2;
    const float *start = m->panels + (size_t)first * (size_t)m->in, *w[MOST_COLUMNS];
    float sums[MOST_ROWS * MOST_COLUMNS * TILE_LANES];

    for (int v = 0; v < vectors; v += at_once) {
        for (int c = 0; c < at_once; c++) { /* beyond the end the last vector again */
            int vector = MIN(v + c, vectors - 1);
            w[c] = start + (size_t)(vector / BY_PANEL) * (size_t)m->in * MATMUL_PANEL + vector % BY_PANEL * TILE_LANES;
        }
        TILE(rows)(rows, x, m->in, w, sums);
        for (int r = 0; r < rows; r++)
            for (int c = 0; c < at_once && v + c < vectors; c++)
                store(m, sums + (r * at_once + c) * TILE_LANES, first + (v + c) * TILE_LANES, TILE_LANES,
                      y + (size_t)r * (size_t)m->out);
    }
}

#undef TILE_LANES
#undef TILE_ROWS
#undef TILE_TARGET
#undef TILE
