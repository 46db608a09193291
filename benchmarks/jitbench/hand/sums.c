/* Sums with their gradients: p = (arguments..., value, gradient), n = (length). */
#include <math.h>

/* L = Σ tanh(x w) + exp(-x²),  ∂L/∂x = (1 - tanh²) w - 2 x exp(-x²) */
#define TANH_EXP(NAME, T, TANH, EXP)                                                    \
    void NAME(const long *n, void **p) {                                                \
        const T *restrict x = p[0], *restrict w = p[1];                                 \
        T *restrict g = p[3], total = 0;                                                \
        for (long i = 0; i < n[0]; i++) {                                               \
            T t = TANH(x[i] * w[i]), e = EXP(-x[i] * x[i]);                             \
            total += t + e;                                                             \
            g[i] = (1 - t * t) * w[i] - 2 * x[i] * e;                                   \
        }                                                                               \
        *(T *)p[2] = total;                                                             \
    }
TANH_EXP(tanh_exp_f64, double, tanh, exp)
TANH_EXP(tanh_exp_f32, float, tanhf, expf)

/* L = Σ 100 a² + b² with a = x[i+1] - x[i]², b = 1 - x[i] */
void rosenbrock(const long *n, void **p) {
    const double *restrict x = p[0];
    double *restrict g = p[2], total = 0;
    long m = n[0] - 1;
    double a0 = x[1] - x[0] * x[0];
    total = 100 * a0 * a0 + (1 - x[0]) * (1 - x[0]);
    g[0] = -400 * a0 * x[0] - 2 * (1 - x[0]);
    for (long i = 1; i < m; i++) {
        double a = x[i + 1] - x[i] * x[i], b = 1 - x[i], before = x[i] - x[i - 1] * x[i - 1];
        total += 100 * a * a + b * b;
        g[i] = 200 * before - 400 * a * x[i] - 2 * b;
    }
    g[m] = 200 * (x[m] - x[m - 1] * x[m - 1]);
    *(double *)p[1] = total;
}
