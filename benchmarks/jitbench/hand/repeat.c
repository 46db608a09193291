/* Runs a function many times without leaving C. */
void repeat(void (*f)(const long *, void **), const long *n, void **p, long times) {
    for (long k = 0; k < times; k++) f(n, p);
}
