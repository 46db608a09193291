"""Filters, statistics, curves: filterpy, statsmodels, lmfit, pykalman, control, skfuzzy, numpy-financial, astropy."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.strangers.case import Case, F, calls

__all__ = ["CASES"]

T = np.array([-0.8, 0.3, 1.1, 2.4])
POSITIVE = np.array([0.8, 1.7, 0.4, 2.9])
STATE = np.array([0.4, -0.3])
COV = np.array([[1.3, 0.2], [0.2, 0.9]])
FLOW = np.array([[1.0, 0.1], [-0.2, 0.95]])
SEEN = np.array([[1.0, 0.5]])
A, B, C = np.array([[-1.0, 0.4], [0.3, -2.0]]), np.array([[1.0], [0.5]]), np.array([[0.7, 1.2]])


def filtered(cls: Any) -> Any:
    """Two steps of a Kalman filter, in its state, covariance and measurements."""

    def run(x: Any, P: Any, z: Any) -> Any:
        k = cls(dim_x=2, dim_z=1)
        k.x, k.P, k.F, k.H, k.Q, k.R = x, P, FLOW, SEEN, 0.1 * np.eye(2), np.array([[0.5]])
        for n in range(2):
            k.predict()
            k.update(z[n])
        return k.x, k.P

    return run


def model(*parameters: float) -> Any:
    return lambda cls: cls(*parameters).evaluate


CASES: list[Case] = [
    F("filterpy.common.Q_discrete_white_noise", 2, 0.3, 1.2),
    F("filterpy.common.Q_continuous_white_noise", 3, 0.3, 1.2),
    F("filterpy.common.van_loan_discretization", A, B, 0.2),
    F("filterpy.common.linear_ode_discretation", A, B, np.eye(1), 0.2, wrt=(0, 1)),
    F("filterpy.common.kinematic_state_transition", 2, 0.3),
    F("filterpy.common.runge_kutta4", 0.7, 0.2, 0.1, lambda y, x: np.sin(y) * x),
    F("filterpy.common.inv_diagonal", np.diag(POSITIVE)),
    F("filterpy.common.outer_product_sum", COV),
    F("filterpy.kalman.predict", STATE, COV, FLOW),
    F("filterpy.kalman.update", STATE, COV, np.array([0.7]), np.array([[0.5]]), SEEN, wrt=(0, 1, 2, 3, 4)),
    F("filterpy.kalman.update_steadystate", STATE, np.array([0.7]), np.array([[0.4], [0.1]]), SEEN),
    F("filterpy.kalman.KalmanFilter", STATE, COV, np.array([0.7, 0.4]), prepare=filtered),
    F(
        "filterpy.kalman.ExtendedKalmanFilter",
        STATE,
        COV,
        prepare=lambda c: (
            lambda x, P: (
                lambda k: (
                    setattr(k, "x", x),
                    setattr(k, "P", P),
                    k.update(np.array([0.7]), lambda x: SEEN, lambda x: SEEN @ x),
                    (k.x, k.P),
                )[3]
            )(c(2, 1))
        ),
    ),
    F(
        "filterpy.kalman.unscented_transform",
        np.array([[0.1, 0.2], [0.5, -0.3], [0.9, 0.4]]),
        np.array([0.5, 0.25, 0.25]),
        np.array([0.5, 0.25, 0.25]),
    ),
    F(
        "filterpy.kalman.MerweScaledSigmaPoints",
        STATE,
        COV,
        prepare=lambda c: lambda x, P: c(2, 0.1, 2.0, 1.0).sigma_points(x, (P + P.T) / 2),
    ),
    F(
        "filterpy.kalman.JulierSigmaPoints",
        STATE,
        COV,
        prepare=lambda c: lambda x, P: c(2, 1.0).sigma_points(x, (P + P.T) / 2),
    ),
    F(
        "filterpy.kalman.rts_smoother",
        np.stack([STATE, 2 * STATE]),
        np.stack([COV, 1.5 * COV]),
        [FLOW, FLOW],
        [COV, COV],
    ),
    F("filterpy.stats.gaussian", 0.3, 0.1, 1.2),
    F("filterpy.stats.mul", 0.3, 0.1, 1.2, 0.7),
    F("filterpy.stats.mul_pdf", 0.3, 0.1, 1.2, 0.7),
    F("filterpy.stats.multivariate_gaussian", STATE, 2 * STATE, COV),
    F("filterpy.stats.multivariate_multiply", STATE, COV, 2 * STATE, 2 * COV),
    F("filterpy.stats.mahalanobis", STATE, 2 * STATE, COV),
    F("filterpy.stats.NEES", np.stack([STATE, 2 * STATE]), np.stack([STATE + 0.1, STATE]), np.stack([COV, COV])),
    F("filterpy.gh.GHFilter", 0.3, 0.5, prepare=lambda c: lambda x, dx: c(x, dx, 0.1, 0.4, 0.2).update(1.2)),
    F("filterpy.gh.optimal_noise_smoothing", 0.4),
    F("filterpy.gh.critical_damping_parameters", 0.4),
    F("filterpy.gh.benedict_bornder_constants", 0.4),
    *calls(
        "statsmodels.tools.eval_measures",
        "mse rmse rmspe maxabs meanabs medianabs bias medianbias vare stde iqr",
        POSITIVE,
        T,
    ),
    *calls("statsmodels.tools.eval_measures", "aic bic hqic aicc", 12.3, 20, 3),
    *[
        F(f"statsmodels.robust.norms.{n}", T, prepare=lambda c: c().rho)
        for n in ("LeastSquares", "HuberT", "RamsayE", "AndrewWave", "TrimmedMean", "Hampel", "TukeyBiweight")
    ],
    *[F(f"statsmodels.robust.norms.{n}", T, prepare=lambda c: c().psi) for n in ("HuberT", "TukeyBiweight", "Hampel")],
    *[
        F(f"statsmodels.genmod.families.links.{n}", np.array([0.2, 0.6, 0.9]), prepare=lambda c: c())
        for n in (
            "Logit",
            "Probit",
            "Cauchy",
            "CLogLog",
            "LogLog",
            "Log",
            "LogC",
            "Sqrt",
            "InversePower",
            "InverseSquared",
            "NegativeBinomial",
        )
    ],
    *[
        F(f"statsmodels.genmod.families.links.{n}", np.array([0.2, -0.6, 0.9]), prepare=lambda c: c().inverse)
        for n in ("Logit", "Probit", "Cauchy", "CLogLog", "Log")
    ],
    *[
        F(
            f"statsmodels.genmod.families.{n}",
            np.array([1.0, 2.0]),
            np.array([1.2, 1.7]),
            wrt=1,
            prepare=lambda c: c().deviance,
        )
        for n in ("Gaussian", "Poisson", "Gamma", "InverseGaussian")
    ],
    *calls(
        "statsmodels.stats.stattools",
        "durbin_watson jarque_bera robust_skewness",
        np.array([0.3, -0.8, 1.4, 0.2, -0.5, 0.9]),
    ),
    *calls("statsmodels.tsa.stattools", "acf pacf_yw", np.sin(1.3 * np.arange(12.0)) + 0.1 * np.arange(12.0), nlags=3),
    F("statsmodels.tsa.tsatools.detrend", POSITIVE),
    F("statsmodels.tsa.tsatools.add_trend", POSITIVE),
    F("statsmodels.tsa.arima_process.arma2ma", np.array([1.0, -0.4]), np.array([1.0, 0.3]), 5),
    F("statsmodels.stats.moment_helpers.mc2mnc", [0.3, 1.2, 0.4, 3.1], prepare=lambda f: lambda m: f(list(m)), wrt=0),
    F("statsmodels.stats.moment_helpers.cov2corr", COV),
    F("statsmodels.stats.moment_helpers.corr2cov", COV, POSITIVE[:2]),
    F(
        "statsmodels.regression.linear_model.OLS",
        POSITIVE,
        np.stack([np.ones(4), T], 1),
        prepare=lambda c: lambda y, x: c(y, x).fit().params,
    ),
    F("statsmodels.nonparametric.kernels.gaussian", 0.7, POSITIVE, 1.2),
    *calls(
        "lmfit.lineshapes",
        "gaussian lorentzian pvoigt voigt moffat pearson4 pearson7 breit_wigner "
        "damped_oscillator logistic students_t expgaussian doniach skewed_gaussian "
        "skewed_voigt split_lorentzian",
        T,
        1.2,
        0.3,
        0.9,
    ),
    *calls("lmfit.lineshapes", "dho lognormal powerlaw exponential", POSITIVE, 1.2, 0.6),
    *calls("lmfit.lineshapes", "sine expsine linear parabolic", T, 1.2, 0.6),
    F("lmfit.lineshapes.gaussian2d", T, POSITIVE, 1.2, 0.3, 0.1, 0.7, 0.8),
    F("lmfit.lineshapes.thermal_distribution", POSITIVE, 1.2, 0.1, 0.7),
    F("lmfit.lineshapes.step", T, 1.2, 0.3, 0.9, form="erf"),
    F("lmfit.lineshapes.step", T, 1.2, 0.3, 0.9, form="logistic"),
    F("lmfit.lineshapes.rectangle", T, 1.2, 0.3, 0.9, 1.4, 0.6, form="arctan"),
    F("lmfit.lineshapes.bose", POSITIVE, 1.2, 0.1, 0.7),
    F("lmfit.lineshapes.fermi", POSITIVE, 1.2, 0.1, 0.7),
    F("pykalman.standard._filter_predict", FLOW, 0.1 * np.eye(2), STATE, STATE, COV, wrt=(0, 2, 3, 4)),
    F(
        "pykalman.standard._filter_correct",
        SEEN,
        np.array([[0.5]]),
        np.array([0.1]),
        STATE,
        COV,
        np.array([0.7]),
        wrt=(0, 3, 4),
    ),
    F("pykalman.standard._smooth_update", FLOW, STATE, COV, STATE * 1.1, COV * 1.2, STATE * 0.9, COV * 0.8),
    F(
        "pykalman.standard._loglikelihoods",
        SEEN,
        np.array([0.1]),
        np.array([[0.5]]),
        STATE[None],
        COV[None],
        np.array([[0.7]]),
        wrt=(0, 3, 4),
    ),
    F("control.ctrb", A, B),
    F("control.obsv", A, C),
    F("control.lyap", A, np.eye(2), wrt=0),
    F("control.lqr", A, B, np.eye(2), np.eye(1), wrt=(0, 1)),
    F("control.acker", A, B, [-1.0, -2.0]),
    F("control.pade", 0.4, 2, prepare=lambda f: lambda t, n: [np.stack(c) for c in f(t, n)]),
    F("control.mag2db", POSITIVE),
    F("control.db2mag", POSITIVE),
    F("control.StateSpace", A, B, C, prepare=lambda c: lambda a, b, k: c(a, b, k, np.zeros((1, 1))).dcgain()),
    F("control.StateSpace", A, B, C, prepare=lambda c: lambda a, b, k: c(a, b, k, np.zeros((1, 1)))(0.3j)),
    F(
        "control.TransferFunction",
        np.array([1.0, 0.4]),
        np.array([1.0, 0.4, 0.2]),
        prepare=lambda c: lambda n, d: c(n, d)(0.3j),
    ),
    *calls("skfuzzy.membership", "gaussmf", T, 0.3, 1.2),
    F("skfuzzy.membership.gbellmf", T, 1.1, 2.3, 0.2),
    F("skfuzzy.membership.sigmf", T, 0.3, 1.4),
    F("skfuzzy.membership.trimf", T, [-1.0, 0.1, 1.9], wrt=0),
    F("skfuzzy.membership.trapmf", T, [-1.0, 0.1, 0.8, 2.9], wrt=0),
    F("skfuzzy.membership.smf", T, -0.9, 2.1, wrt=0),
    F("skfuzzy.membership.gauss2mf", T, 0.1, 0.5, 0.8, 0.6),
    F("skfuzzy.membership.psigmf", T, 0.1, 0.5, 0.8, 0.6),
    F("skfuzzy.membership.dsigmf", T, 0.1, 0.5, 0.8, 0.6),
    F("skfuzzy.defuzzify.centroid", T, POSITIVE),
    F("skfuzzy.fuzzymath.fuzzy_ops.cartprod", T, POSITIVE),
    F("numpy_financial.fv", 0.05, 10.0, -100.0, -500.0),
    F("numpy_financial.pv", 0.05, 10.0, -100.0, -500.0),
    F("numpy_financial.pmt", 0.05, 10.0, 1000.0, -500.0),
    F("numpy_financial.nper", 0.05, -100.0, 500.0),
    F("numpy_financial.npv", 0.05, POSITIVE),
    F("numpy_financial.ipmt", 0.05, 3, 10.0, 1000.0),
    F("numpy_financial.ppmt", 0.05, 3, 10.0, 1000.0),
    F("numpy_financial.mirr", np.array([-10.0, 4.0, 5.0, 6.0]), 0.05, 0.04),
    F("numpy_financial.rate", 10.0, -100.0, 500.0, 300.0),
    F("numpy_financial.irr", np.array([-10.0, 4.0, 5.0, 6.0])),
    *[
        F(f"astropy.modeling.functional_models.{n}", T, 1.2, 0.3, 0.9, prepare=lambda c: c.evaluate)
        for n in ("Gaussian1D", "Lorentz1D", "Sine1D", "RickerWavelet1D", "Cosine1D")
    ],
    F("astropy.modeling.functional_models.Moffat1D", T, 1.2, 0.3, 0.9, 1.4, prepare=lambda c: c.evaluate),
    F(
        "astropy.modeling.functional_models.Gaussian2D",
        T,
        POSITIVE,
        1.2,
        0.3,
        0.9,
        0.7,
        1.1,
        0.4,
        prepare=lambda c: c.evaluate,
    ),
    F(
        "astropy.modeling.functional_models.Voigt1D",
        T,
        0.3,
        1.2,
        0.9,
        0.7,
        prepare=lambda c: lambda *x: c().evaluate(*x),
    ),
    F("astropy.modeling.functional_models.Exponential1D", T, 1.2, 0.9, prepare=lambda c: c.evaluate),
    F("astropy.modeling.functional_models.Trapezoid1D", T, 1.2, 0.3, 0.9, 0.5, prepare=lambda c: c.evaluate),
    F(
        "astropy.modeling.functional_models.Sersic1D",
        POSITIVE,
        1.2,
        0.6,
        2.5,
        prepare=lambda c: lambda *x: c().evaluate(*x),
    ),
    F("astropy.modeling.powerlaws.PowerLaw1D", POSITIVE, 1.2, 0.6, 1.9, prepare=lambda c: c.evaluate),
    F("astropy.modeling.powerlaws.BrokenPowerLaw1D", POSITIVE, 1.2, 0.6, 1.9, 2.3, prepare=lambda c: c.evaluate),
    F("astropy.modeling.powerlaws.LogParabola1D", POSITIVE, 1.2, 0.6, 1.9, 0.3, prepare=lambda c: c.evaluate),
    *calls(
        "astropy.stats",
        "biweight_location biweight_scale biweight_midvariance mad_std "
        "median_absolute_deviation circmean circvar circmoment",
        np.array([0.3, 0.8, 1.4, 0.2, 0.5, 0.9]),
    ),
    F("astropy.stats.akaike_info_criterion", 12.3, 3, 20),
    F("astropy.stats.bayesian_info_criterion", 12.3, 3, 20),
    F("astropy.stats.signal_to_noise_oir_ccd", 12.3, 3.0, 20.0, 1.2, 0.3, 4.0),
]
