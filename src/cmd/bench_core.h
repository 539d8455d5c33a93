/* Measures the simulation alone and prints what it found. */
#pragma once
struct catalog;

void bench_core(const struct catalog *c);
