/* ADBench's bundle adjustment: residuals and their 2×15 blocks.
   n = (observations), p = (cams, points, weights, obs, features; residuals, blocks).

   Columns of a block: rotation 0-2, centre 3-5, focal 6, principal point 7-8, distortion 9-10, point 11-13, weight 14. */
#include <math.h>

/* y = c v + s u×v + (1-c)(u·v) u with u = r/θ;  R = ∂y/∂v,  D = ∂y/∂r by
   ∂θ/∂r_j = u_j,  ∂u/∂r_j = (e_j - u u_j)/θ */
static void turn(const double *r, const double *v, double *y, double R[3][3], double D[3][3]) {
    double square = r[0] * r[0] + r[1] * r[1] + r[2] * r[2];
    if (square > 0) {
        double theta = sqrt(square), c = cos(theta), s = sin(theta), inverse = 1 / theta;
        double u[3] = {r[0] * inverse, r[1] * inverse, r[2] * inverse};
        double cross[3] = {u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]};
        double dot = u[0] * v[0] + u[1] * v[1] + u[2] * v[2];
        for (int i = 0; i < 3; i++) y[i] = c * v[i] + s * cross[i] + (1 - c) * dot * u[i];
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 3; j++) R[i][j] = (1 - c) * u[i] * u[j] + (i == j ? c : 0);
        R[0][1] -= s * u[2]; R[0][2] += s * u[1];
        R[1][0] += s * u[2]; R[1][2] -= s * u[0];
        R[2][0] -= s * u[1]; R[2][1] += s * u[0];
        for (int j = 0; j < 3; j++) {
            double e[3], du[3];
            for (int i = 0; i < 3; i++) e[i] = ((i == j) - u[i] * u[j]) * inverse;
            du[0] = e[1] * v[2] - e[2] * v[1];
            du[1] = e[2] * v[0] - e[0] * v[2];
            du[2] = e[0] * v[1] - e[1] * v[0];
            double ddot = e[0] * v[0] + e[1] * v[1] + e[2] * v[2];
            for (int i = 0; i < 3; i++)
                D[i][j] = u[j] * (-s * v[i] + c * cross[i] + s * dot * u[i]) + s * du[i] +
                          (1 - c) * (ddot * u[i] + dot * e[i]);
        }
    } else { /* y = v + r×v */
        y[0] = v[0] + r[1] * v[2] - r[2] * v[1];
        y[1] = v[1] + r[2] * v[0] - r[0] * v[2];
        y[2] = v[2] + r[0] * v[1] - r[1] * v[0];
        double A[3][3] = {{1, -r[2], r[1]}, {r[2], 1, -r[0]}, {-r[1], r[0], 1}};
        double B[3][3] = {{0, v[2], -v[1]}, {-v[2], 0, v[0]}, {v[1], -v[0], 0}};
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 3; j++) R[i][j] = A[i][j], D[i][j] = B[i][j];
    }
}

void blocks(const long *n, void **p) {
    const double *cams = p[0], *points = p[1], *weights = p[2], *features = p[4];
    const long *obs = p[3];
    double *residuals = p[5], *J = p[6];
    for (long k = 0; k < n[0]; k++, J += 30) {
        const double *cam = cams + 11 * obs[2 * k], *X = points + 3 * obs[2 * k + 1], w = weights[k], f = cam[6];
        double v[3] = {X[0] - cam[3], X[1] - cam[4], X[2] - cam[5]}, y[3], R[3][3], D[3][3];
        turn(cam, v, y, R, D);
        double iz = 1 / y[2], a = y[0] * iz, b = y[1] * iz, rr = a * a + b * b;
        double L = 1 + cam[9] * rr + cam[10] * rr * rr, dL = 2 * (cam[9] + 2 * cam[10] * rr);
        /* ∂(L·(a, b))/∂y */
        double aa = L + dL * a * a, ab = dL * a * b, bb = L + dL * b * b;
        double P[2][3] = {{aa * iz, ab * iz, -(aa * a + ab * b) * iz}, {ab * iz, bb * iz, -(ab * a + bb * b) * iz}};
        double q[2] = {a * L, b * L}, flat[2] = {a, b};
        for (int i = 0; i < 2; i++) {
            double *row = J + 15 * i, miss = q[i] * f + cam[7 + i] - features[2 * k + i];
            residuals[2 * k + i] = w * miss;
            for (int j = 0; j < 3; j++) {
                double dr = 0, dx = 0;
                for (int m = 0; m < 3; m++) dr += P[i][m] * D[m][j], dx += P[i][m] * R[m][j];
                row[j] = w * f * dr;
                row[3 + j] = -w * f * dx;
                row[11 + j] = w * f * dx;
            }
            row[6] = w * q[i];
            row[7] = i == 0 ? w : 0;
            row[8] = i == 1 ? w : 0;
            row[9] = w * f * flat[i] * rr;
            row[10] = w * f * flat[i] * rr * rr;
            row[14] = miss;
        }
    }
}
