/* Lotka-Volterra by RK4 with the adjoint of every step.
   n = (steps), p = (u, p; value, ∂u, ∂p); value = x y at the end.

   f = (p0 x - p1 x y, p3 x y - p2 y). The trajectory is stored, the stages are computed again on the way back. */
#include <stdlib.h>

static const double H = 0.01;

typedef struct { double x, y; } Pair;

static inline Pair slope(Pair s, const double *p) {
    double xy = s.x * s.y;
    return (Pair){p[0] * s.x - p[1] * xy, p[3] * xy - p[2] * s.y};
}

static inline Pair along(Pair s, double h, Pair k) { return (Pair){s.x + h * k.x, s.y + h * k.y}; }

/* The adjoint of slope: adds to ∂p, gives ∂s. */
static inline Pair back(Pair s, Pair g, const double *p, double *dp) {
    double xy = s.x * s.y, mixed = p[3] * g.y - p[1] * g.x;
    dp[0] += g.x * s.x;
    dp[1] -= g.x * xy;
    dp[2] -= g.y * s.y;
    dp[3] += g.y * xy;
    return (Pair){p[0] * g.x + mixed * s.y, mixed * s.x - p[2] * g.y};
}

void lotka_volterra(const long *n, void **arrays) {
    const double *u = arrays[0], *p = arrays[1];
    double *value = arrays[2], *du = arrays[3], *out = arrays[4], dp[4] = {0, 0, 0, 0};
    long steps = n[0];
    Pair *kept = malloc(steps * sizeof(Pair)), s = {u[0], u[1]};
    for (long t = 0; t < steps; t++) {
        kept[t] = s;
        Pair a = slope(s, p), b = slope(along(s, H / 2, a), p), c = slope(along(s, H / 2, b), p);
        Pair d = slope(along(s, H, c), p);
        s.x += H / 6 * (a.x + 2 * b.x + 2 * c.x + d.x);
        s.y += H / 6 * (a.y + 2 * b.y + 2 * c.y + d.y);
    }
    *value = s.x * s.y;
    Pair g = {s.y, s.x};
    for (long t = steps - 1; t >= 0; t--) {
        Pair s0 = kept[t], a = slope(s0, p), s1 = along(s0, H / 2, a), b = slope(s1, p);
        Pair s2 = along(s0, H / 2, b), c = slope(s2, p), s3 = along(s0, H, c);
        Pair gd = back(s3, (Pair){H / 6 * g.x, H / 6 * g.y}, p, dp);
        Pair gc = back(s2, (Pair){H / 3 * g.x + H * gd.x, H / 3 * g.y + H * gd.y}, p, dp);
        Pair gb = back(s1, (Pair){H / 3 * g.x + H / 2 * gc.x, H / 3 * g.y + H / 2 * gc.y}, p, dp);
        Pair ga = back(s0, (Pair){H / 6 * g.x + H / 2 * gb.x, H / 6 * g.y + H / 2 * gb.y}, p, dp);
        g.x += gd.x + gc.x + gb.x + ga.x;
        g.y += gd.y + gc.y + gb.y + ga.y;
    }
    du[0] = g.x, du[1] = g.y;
    for (int i = 0; i < 4; i++) out[i] = dp[i];
    free(kept);
}
