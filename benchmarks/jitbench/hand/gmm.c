/* ADBench's mixture of Gaussians and its gradient.
   n = (N, K, d), p = (alphas, means, icf, x, constant; value, ∂alphas, ∂means, ∂icf); prior γ = 1, m = 0.

   q = Q (x - μ), Q = diag(exp icf_d) + L;  inner_k = α_k + Σ icf_d - |q|²/2;  r = softmax(inner)
   ∂q = -r q, ∂μ = -Qᵀ ∂q, ∂Q = ∂q (x - μ)ᵀ */
#include <math.h>
#include <stdlib.h>
#include <string.h>

void gmm(const long *n, void **p) {
    long N = n[0], K = n[1], d = n[2], width = d + d * (d - 1) / 2;
    const double *alphas = p[0], *means = p[1], *icf = p[2], *x = p[3];
    double *value = p[5], *da = p[6], *dm = p[7], *di = p[8];
    double *Q = calloc(2 * K * d * d, sizeof(double)), *dQ = Q + K * d * d;
    double *work = malloc((2 * K * d + 2 * K) * sizeof(double));
    double *xc = work, *q = work + K * d, *inner = work + 2 * K * d, *sums = inner + K;
    memset(da, 0, K * sizeof(double));
    memset(dm, 0, K * d * sizeof(double));
    double total = *(double *)p[4], squares = 0;

    for (long k = 0; k < K; k++) {
        const double *own = icf + k * width, *below = own + d;
        double *M = Q + k * d * d;
        sums[k] = 0;
        for (long j = 0; j < d; j++) {
            sums[k] += own[j];
            M[j * d + j] = exp(own[j]);
            for (long i = j + 1; i < d; i++) M[i * d + j] = *below++;
        }
        for (long i = 0; i < d * d; i++) squares += M[i] * M[i];
    }
    for (long s = 0; s < N; s++) {
        double top = -INFINITY, sum = 0;
        for (long k = 0; k < K; k++) {
            const double *M = Q + k * d * d;
            double *c = xc + k * d, *y = q + k * d, square = 0;
            for (long j = 0; j < d; j++) c[j] = x[s * d + j] - means[k * d + j];
            for (long i = 0; i < d; i++) {
                double v = 0;
                for (long j = 0; j <= i; j++) v += M[i * d + j] * c[j];
                y[i] = v;
                square += v * v;
            }
            inner[k] = alphas[k] + sums[k] - 0.5 * square;
            if (inner[k] > top) top = inner[k];
        }
        for (long k = 0; k < K; k++) sum += inner[k] = exp(inner[k] - top);
        total += top + log(sum);
        for (long k = 0; k < K; k++) {
            const double *M = Q + k * d * d, *c = xc + k * d, *y = q + k * d;
            double *dM = dQ + k * d * d, *m = dm + k * d, r = inner[k] / sum;
            da[k] += r;
            for (long i = 0; i < d; i++) {
                double g = -r * y[i];
                for (long j = 0; j <= i; j++) {
                    dM[i * d + j] += g * c[j];
                    m[j] -= g * M[i * d + j];
                }
            }
        }
    }
    double top = -INFINITY, sum = 0;
    for (long k = 0; k < K; k++) if (alphas[k] > top) top = alphas[k];
    for (long k = 0; k < K; k++) sum += exp(alphas[k] - top);
    for (long k = 0; k < K; k++) {
        const double *M = Q + k * d * d, *dM = dQ + k * d * d;
        double *own = di + k * width, *below = own + d;
        for (long j = 0; j < d; j++) {
            /* Σ icf_d enters every inner_k; the prior adds |Q|²/2. */
            own[j] = da[k] + M[j * d + j] * (dM[j * d + j] + M[j * d + j]);
            for (long i = j + 1; i < d; i++) *below++ = dM[i * d + j] + M[i * d + j];
        }
        da[k] -= N * exp(alphas[k] - top) / sum;
    }
    *value = total - N * (top + log(sum)) + 0.5 * squares;
    free(Q);
    free(work);
}
