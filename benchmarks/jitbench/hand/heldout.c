/* Work held out: p = (arguments...; value, gradients...). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* L = Σ log cosh(x - y) + const,  ∂L/∂x = tanh(x - y) = sign(r) (1 - e)/(1 + e) with e = exp(-2|r|) */
void logcosh(const long *n, void **p) {
    const double *restrict x = p[0], *restrict y = p[1];
    double *restrict g = p[3], total = 0;
    for (long i = 0; i < n[0]; i++) {
        double d = x[i] - y[i], r = fabs(d), e = exp(-2 * r);
        total += r + log1p(e);
        g[i] = copysign((1 - e) / (1 + e), d);
    }
    *(double *)p[2] = total;
}

/* L = Σ |x_i - y_j|;  n = (points, dimensions, other points) */
void distances(const long *n, void **p) {
    const double *x = p[0], *y = p[1];
    double *gx = p[3], *gy = p[4], total = 0;
    long a = n[0], d = n[1], b = n[2];
    memset(gx, 0, a * d * sizeof(double));
    memset(gy, 0, b * d * sizeof(double));
    for (long i = 0; i < a; i++)
        for (long j = 0; j < b; j++) {
            double square = 0;
            for (long k = 0; k < d; k++) square += (x[i * d + k] - y[j * d + k]) * (x[i * d + k] - y[j * d + k]);
            double r = sqrt(square), inverse = 1 / r;
            total += r;
            for (long k = 0; k < d; k++) {
                double g = (x[i * d + k] - y[j * d + k]) * inverse;
                gx[i * d + k] += g;
                gy[j * d + k] -= g;
            }
        }
    *(double *)p[2] = total;
}

/* y_i = Σ_j h_j x_{i+k-1-j},  L = Σ (y - target)²;  n = (length, taps) */
void fir(const long *n, void **p) {
    const double *x = p[0], *h = p[1], *target = p[2];
    double *gx = p[4], *gh = p[5], total = 0;
    long k = n[1], m = n[0] - k + 1;
    double *e = calloc(m, sizeof(double));
    for (long j = 0; j < k; j++)
        for (long i = 0; i < m; i++) e[i] += h[j] * x[i + k - 1 - j];
    for (long i = 0; i < m; i++) {
        e[i] -= target[i];
        total += e[i] * e[i];
    }
    memset(gx, 0, n[0] * sizeof(double));
    for (long j = 0; j < k; j++) {
        double sum = 0;
        for (long i = 0; i < m; i++) {
            gx[i + k - 1 - j] += 2 * h[j] * e[i];
            sum += e[i] * x[i + k - 1 - j];
        }
        gh[j] = 2 * sum;
    }
    *(double *)p[3] = total;
    free(e);
}

/* Explicit heat steps with a fixed border, L = Σ u²;  n = (rows, columns, steps). The adjoint of a step is itself
   on the inside; the border collects what flows from it. */
void heat(const long *n, void **p) {
    const double *start = p[0], rate = 0.2;
    double *g = p[2], total = 0;
    long rows = n[0], cols = n[1], size = rows * cols;
    double *u = malloc(2 * size * sizeof(double)), *next = u + size;
    memcpy(u, start, size * sizeof(double));
    memcpy(next, start, size * sizeof(double));
    for (long t = 0; t < n[2]; t++) {
        for (long i = 1; i < rows - 1; i++)
            for (long j = 1; j < cols - 1; j++) {
                const double *c = u + i * cols + j;
                next[i * cols + j] = c[0] + rate * (c[cols] + c[-cols] + c[1] + c[-1] - 4 * c[0]);
            }
        double *swap = u;
        u = next, next = swap;
    }
    for (long i = 0; i < size; i++) total += u[i] * u[i], g[i] = 2 * u[i];
    double *w = u < next ? u : next, *held = w; /* the cotangents of the inside, 0 on the border */
    for (long t = 0; t < n[2]; t++) {
        memset(w, 0, size * sizeof(double));
        for (long i = 1; i < rows - 1; i++) memcpy(w + i * cols + 1, g + i * cols + 1, (cols - 2) * sizeof(double));
        for (long i = 0; i < rows; i++)
            for (long j = 0; j < cols; j++) {
                long c = i * cols + j;
                double flow = -4 * w[c];
                if (i > 0) flow += w[c - cols];
                if (i < rows - 1) flow += w[c + cols];
                if (j > 0) flow += w[c - 1];
                if (j < cols - 1) flow += w[c + 1];
                g[c] += rate * flow;
            }
    }
    *(double *)p[1] = total;
    free(held);
}

/* v_t = θ0 + θ1 x² + θ2 v,  L = ½ Σ log v + x²/v */
void garch(const long *n, void **p) {
    const double *theta = p[0], *x = p[1];
    double *g = p[3], total = 0, rest = 1 - theta[1] - theta[2];
    double *v = malloc(n[0] * sizeof(double));
    v[0] = theta[0] / rest;
    for (long t = 1; t < n[0]; t++) v[t] = theta[0] + theta[1] * x[t - 1] * x[t - 1] + theta[2] * v[t - 1];
    for (long t = 0; t < n[0]; t++) total += log(v[t]) + x[t] * x[t] / v[t];
    double dv = 0, d0 = 0, d1 = 0, d2 = 0;
    for (long t = n[0] - 1; t > 0; t--) {
        dv += 0.5 * (1 / v[t] - x[t] * x[t] / (v[t] * v[t]));
        d0 += dv;
        d1 += dv * x[t - 1] * x[t - 1];
        d2 += dv * v[t - 1];
        dv *= theta[2];
    }
    dv += 0.5 * (1 / v[0] - x[0] * x[0] / (v[0] * v[0]));
    g[0] = d0 + dv / rest;
    g[1] = d1 + dv * v[0] / rest;
    g[2] = d2 + dv * v[0] / rest;
    *(double *)p[2] = 0.5 * total;
    free(v);
}
