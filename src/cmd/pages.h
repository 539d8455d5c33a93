/* `kvreel why pages ...`: where the numbers of `kvreel pages` come from. */
#pragma once

int pages_why(int argc, char **argv);
