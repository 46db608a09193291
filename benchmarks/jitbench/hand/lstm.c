/* ADBench's LSTM and its gradient.
   n = (layers, b, c), p = (main, extra, state, sequence; value, ∂main, ∂extra).

   Forward keeps, per step and layer, the four gates, the cell after and its tanh (6 b numbers); the input of a layer
   is the hidden of the layer below, the hidden before is that of the step before. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SIGMOID(x) (1 / (1 + exp(-(x))))

void lstm(const long *n, void **p) {
    long l = n[0], b = n[1], c = n[2], steps = c - 1, row = l * 6 * b;
    const double *main = p[0], *extra = p[1], *state = p[2], *sequence = p[3];
    double *dmain = p[5], *dextra = p[6], total = 0;
    double *kept = malloc((steps * row + (steps + 1) * l * 2 * b + steps * b + 4 * l * b + 3 * b) * sizeof(double));
    double *states = kept + steps * row;         /* (step, layer, hidden | cell, b) */
    double *soft = states + (steps + 1) * l * 2 * b; /* exp(y)/(Σ exp(y) + 2) per step */
    double *dstate = soft + steps * b, *next = dstate + 2 * l * b, *in = next + 2 * l * b, *dx = in + b;
    memcpy(states, state, l * 2 * b * sizeof(double));

    for (long t = 0; t < steps; t++) {
        const double *x = sequence + t * b, *gold = x + b, *before = states + t * l * 2 * b;
        double *after = states + (t + 1) * l * 2 * b, *own = kept + t * row, *s = soft + t * b;
        for (long j = 0; j < b; j++) in[j] = x[j] * extra[j];
        const double *input = in;
        for (long k = 0; k < l; k++, own += 6 * b) {
            const double *w = main + 8 * b * k, *bias = w + 4 * b, *h = before + 2 * b * k, *cell = h + b;
            double *h2 = after + 2 * b * k, *cell2 = h2 + b;
            for (long j = 0; j < b; j++) {
                double f = SIGMOID(input[j] * w[j] + bias[j]);
                double i = SIGMOID(h[j] * w[b + j] + bias[b + j]);
                double o = SIGMOID(input[j] * w[2 * b + j] + bias[2 * b + j]);
                double g = tanh(h[j] * w[3 * b + j] + bias[3 * b + j]);
                double cc = cell[j] * f + i * g, th = tanh(cc);
                own[j] = f, own[b + j] = i, own[2 * b + j] = o, own[3 * b + j] = g, own[4 * b + j] = th;
                cell2[j] = cc, h2[j] = o * th;
            }
            input = h2;
        }
        double sum = 2, dot = 0, count = 0;
        for (long j = 0; j < b; j++) {
            double y = input[j] * extra[b + j] + extra[2 * b + j];
            sum += s[j] = exp(y);
            dot += gold[j] * y, count += gold[j];
        }
        for (long j = 0; j < b; j++) s[j] /= sum;
        total += dot - count * log(sum);
    }

    memset(dmain, 0, 8 * b * l * sizeof(double));
    memset(dextra, 0, 3 * b * sizeof(double));
    memset(dstate, 0, 2 * b * l * sizeof(double));
    double scale = -1.0 / (steps * b);
    for (long t = steps - 1; t >= 0; t--) {
        const double *x = sequence + t * b, *gold = x + b, *s = soft + t * b;
        const double *before = states + t * l * 2 * b, *after = before + l * 2 * b;
        const double *top = after + 2 * b * (l - 1);
        double count = 0;
        for (long j = 0; j < b; j++) count += gold[j];
        for (long j = 0; j < b; j++) {
            double dy = scale * (gold[j] - count * s[j]);
            dextra[2 * b + j] += dy;
            dextra[b + j] += dy * top[j];
            dx[j] = dy * extra[b + j];
        }
        for (long k = l - 1; k >= 0; k--) {
            const double *w = main + 8 * b * k, *h = before + 2 * b * k, *cell = h + b;
            const double *own = kept + t * row + 6 * b * k, *below = k > 0 ? after + 2 * b * (k - 1) : in;
            double *dw = dmain + 8 * b * k, *db = dw + 4 * b, *dh = dstate + 2 * b * k, *dc = dh + b;
            for (long j = 0; j < b; j++) {
                double f = own[j], i = own[b + j], o = own[2 * b + j], g = own[3 * b + j], th = own[4 * b + j];
                double input = k > 0 ? below[j] : x[j] * extra[j];
                double d = dh[j] + dx[j], dcell = dc[j] + d * o * (1 - th * th);
                double zf = dcell * cell[j] * f * (1 - f), zi = dcell * g * i * (1 - i);
                double zo = d * th * o * (1 - o), zg = dcell * i * (1 - g * g);
                dw[j] += zf * input, dw[b + j] += zi * h[j], dw[2 * b + j] += zo * input, dw[3 * b + j] += zg * h[j];
                db[j] += zf, db[b + j] += zi, db[2 * b + j] += zo, db[3 * b + j] += zg;
                dh[j] = zi * w[b + j] + zg * w[3 * b + j];
                dc[j] = dcell * f;
                dx[j] = zf * w[j] + zo * w[2 * b + j];
            }
        }
        for (long j = 0; j < b; j++) dextra[j] += dx[j] * x[j];
    }
    *(double *)p[4] = scale * total;
    free(kept);
}
