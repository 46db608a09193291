"""Rotations, colours and the sun: pytransform3d, transforms3d, spatialmath, colour, pvlib."""

from __future__ import annotations

import numpy as np

from tests.strangers.case import Case, F, calls

__all__ = ["CASES"]

V = np.array([0.3, -0.5, 0.8])
W = np.array([0.7, 0.2, -0.4])
Q = np.array([0.9, 0.1, -0.3, 0.2]) / np.linalg.norm([0.9, 0.1, -0.3, 0.2])
S = np.array([0.6, 0.5, 0.1, -0.4]) / np.linalg.norm([0.6, 0.5, 0.1, -0.4])
AXIS_ANGLE = np.array([0.6, 0.0, 0.8, 0.7])
SCREW = np.array([0.1, 0.3, -0.2, 0.5, 0.4, 0.6])
RGB = np.array([[0.3, 0.6, 0.2], [0.8, 0.1, 0.55]])
ZENITH = np.array([35.0, 52.0, 71.0])

R = "pytransform3d.rotations"
CASES: list[Case] = [
    *calls(
        R,
        "norm_vector cross_product_matrix matrix_from_compact_axis_angle "
        "quaternion_from_compact_axis_angle left_jacobian_SO3 left_jacobian_SO3_inv "
        "mrp_double perpendicular_to_vector rot_log_from_compact_axis_angle "
        "axis_angle_from_compact_axis_angle plane_basis_from_normal axis_angle_from_mrp "
        "quaternion_from_mrp",
        V,
    ),
    *calls(
        R,
        "matrix_from_quaternion q_conj quaternion_double mrp_from_quaternion "
        "axis_angle_from_quaternion compact_axis_angle_from_quaternion "
        "quaternion_xyzw_from_wxyz",
        Q,
    ),
    *calls(R, "concatenate_quaternions quaternion_diff quaternion_dist", Q, S),
    *calls(R, "matrix_from_axis_angle quaternion_from_axis_angle compact_axis_angle mrp_from_axis_angle", AXIS_ANGLE),
    *calls(
        R,
        "angle_between_vectors vector_projection axis_angle_from_two_directions "
        "matrix_from_two_vectors rotor_from_two_directions",
        V,
        W,
    ),
    F(R + ".q_prod_vector", Q, V),
    F(R + ".mrp_prod_vector", 0.3 * W, V),
    F(R + ".quaternion_slerp", Q, S, 0.3),
    F(R + ".active_matrix_from_angle", 0, 0.7),
    F(R + ".active_matrix_from_intrinsic_euler_xyz", V),
    F(R + ".active_matrix_from_extrinsic_roll_pitch_yaw", V),
    F(R + ".matrix_from_euler", V, 0, 1, 2, True),
    F(R + ".concatenate_mrp", 0.3 * V, 0.3 * W),
    F(R + ".geometric_product", V, W),
    F(R + ".matrix_from_rotation_6d", np.array([0.3, 0.5, 0.2, -0.4, 0.8, 0.1])),
    *calls(
        "pytransform3d.transformations",
        "transform_from_exponential_coordinates transform_log_from_exponential_coordinates "
        "left_jacobian_SE3 left_jacobian_SE3_inv screw_axis_from_exponential_coordinates",
        SCREW,
    ),
    F("pytransform3d.transformations.transform_from_pq", np.concatenate([V, Q])),
    F("pytransform3d.transformations.dual_quaternion_from_pq", np.concatenate([V, Q])),
    *calls(
        "pytransform3d.coordinates",
        "cartesian_from_cylindrical cartesian_from_spherical cylindrical_from_cartesian "
        "cylindrical_from_spherical spherical_from_cartesian spherical_from_cylindrical",
        np.abs(V),
    ),
    F("pytransform3d.batch_rotations.norm_vectors", RGB),
    F("pytransform3d.batch_rotations.matrices_from_compact_axis_angles", RGB),
    F("pytransform3d.batch_rotations.matrices_from_quaternions", np.stack([Q, S])),
    F("pytransform3d.batch_rotations.active_matrices_from_angles", 0, V),
    F("pytransform3d.batch_rotations.batch_concatenate_quaternions", np.stack([Q, S]), np.stack([S, Q])),
    F("pytransform3d.batch_rotations.cross_product_matrices", RGB),
    F("pytransform3d.batch_rotations.angles_between_vectors", RGB, RGB[::-1]),
    F("transforms3d.quaternions.quat2mat", Q),
    F("transforms3d.quaternions.qmult", Q, S),
    F("transforms3d.quaternions.qinverse", Q),
    F("transforms3d.quaternions.qnorm", Q),
    F("transforms3d.quaternions.rotate_vector", V, Q),
    F("transforms3d.quaternions.axangle2quat", V, 0.7),
    F("transforms3d.quaternions.quat2axangle", 1.1 * Q),
    F("transforms3d.quaternions.mat2quat", np.array([[0.36, 0.48, -0.8], [-0.8, 0.6, 0.0], [0.48, 0.64, 0.6]])),
    F("transforms3d.quaternions.qexp", 0.5 * Q),
    F("transforms3d.quaternions.qlog", 0.5 * Q),
    F("transforms3d.quaternions.qpow", 0.5 * Q, 0.3),
    F("transforms3d.axangles.axangle2mat", V, 0.7),
    F("transforms3d.euler.euler2mat", 0.3, -0.4, 0.9),
    F("transforms3d.euler.euler2quat", 0.3, -0.4, 0.9),
    F("transforms3d.euler.quat2euler", Q),
    F("transforms3d.taitbryan.euler2mat", 0.3, -0.4, 0.9),
    F("transforms3d.taitbryan.euler2quat", 0.3, -0.4, 0.9),
    F("transforms3d.affines.compose", V, np.eye(3), np.array([1.1, 0.9, 1.3]), wrt=(0, 2)),
    F("transforms3d.affines.decompose44", np.eye(4) + 0.1 * np.outer(Q, S)),
    F("transforms3d.reflections.rfnorm2mat", V),
    F("transforms3d.zooms.zfdir2mat", 1.3, V),
    F("transforms3d.shears.sadn2mat", 0.4, np.array([0.6, 0.8, 0.0]), np.array([-0.8, 0.6, 0.0]), wrt=0),
    *calls("spatialmath.base", "rotx roty rotz trotx trotz rot2 trot2", 0.7),
    *calls("spatialmath.base", "skew unitvec norm normsq exp2r exp2jac", V),
    *calls("spatialmath.base", "rpy2r eul2r rpy2jac eul2jac rpy2tr", V),
    F("spatialmath.base.angvec2r", 0.7, V),
    F("spatialmath.base.q2r", Q),
    F("spatialmath.base.qqmul", Q, S),
    F("spatialmath.base.qvmul", Q, V),
    F("spatialmath.base.qslerp", Q, S, 0.3),
    F("spatialmath.base.trexp", SCREW),
    F("spatialmath.base.skewa", SCREW),
    F("spatialmath.base.transl", V),
    F("spatialmath.base.delta2tr", SCREW),
    F("spatialmath.base.cross", V, W),
    F("spatialmath.base.xyt2tr", V),
    F("spatialmath.base.h2e", RGB),
    F("spatialmath.base.e2h", RGB),
    F("spatialmath.base.qconj", Q),
    F("spatialmath.base.rodrigues", V),
    F("spatialmath.base.wrap_mpi_pi", 4.7),
    F("spatialmath.base.tr2rpy", np.array([[0.36, 0.48, -0.8], [-0.8, 0.6, 0.0], [0.48, 0.64, 0.6]])),
    F("spatialmath.base.qdot", Q, V),
    *calls(
        "colour.models",
        "RGB_to_HSV RGB_to_HSL RGB_to_CMY RGB_to_YCoCg RGB_to_YCbCr RGB_to_HCL RGB_to_IHLS "
        "RGB_to_ICtCp HSV_to_RGB HSL_to_RGB XYZ_to_Lab XYZ_to_Luv XYZ_to_IPT XYZ_to_Oklab "
        "XYZ_to_Jzazbz XYZ_to_ICaCb XYZ_to_xyY XYZ_to_xy XYZ_to_UCS XYZ_to_UVW XYZ_to_sRGB "
        "XYZ_to_OSA_UCS XYZ_to_ProLab XYZ_to_Hunter_Lab XYZ_to_hdr_CIELab XYZ_to_IgPgTg "
        "XYZ_to_DIN99 sRGB_to_XYZ xyY_to_XYZ Oklab_to_XYZ IPT_to_XYZ UCS_to_XYZ Lab_to_LCHab "
        "XYZ_to_Yrg",
        RGB,
    ),
    *calls(
        "colour.models",
        "eotf_sRGB eotf_inverse_sRGB oetf_BT709 oetf_inverse_BT709 eotf_BT1886 eotf_ST2084 "
        "eotf_inverse_ST2084 oetf_ARIBSTDB67 log_encoding_SLog3 log_decoding_SLog3 "
        "log_encoding_ACEScct log_encoding_VLog log_encoding_Cineon gamma_function",
        V**2,
    ),
    *calls(
        "colour.difference",
        "delta_E_CIE1976 delta_E_CIE1994 delta_E_CIE2000 delta_E_CMC delta_E_DIN99 delta_E_HyAB delta_E_ITP",
        100 * RGB,
        90 * RGB[::-1],
    ),
    F(
        "colour.adaptation.chromatic_adaptation_VonKries",
        RGB,
        np.array([0.95, 1.0, 1.09]),
        np.array([0.96, 1.0, 0.82]),
        wrt=0,
    ),
    F("colour.temperature.xy_to_CCT_McCamy1992", np.array([0.31, 0.33])),
    F("colour.temperature.CCT_to_xy_CIE_D", 6504.0),
    F("colour.temperature.CCT_to_xy_Kang2002", 6504.0),
    F("colour.temperature.xy_to_CCT_Hernandez1999", np.array([0.31, 0.33])),
    F("colour.colorimetry.lightness_CIE1976", 12.2),
    F("colour.colorimetry.luminance_CIE1976", 41.5),
    F("colour.colorimetry.planck_law", np.array([500e-9, 600e-9]), 5000.0, wrt=1),
    F("colour.contrast.contrast_sensitivity_function_Barten1999", 4.0, 0.02),
    F("colour.phenomena.rayleigh_optical_depth", np.array([500e-7])),
    F("colour.algebra.smoothstep_function", V),
    F("colour.algebra.spow", V, 1.7),
    F("colour.algebra.cartesian_to_spherical", V),
    F("colour.algebra.normalise_maximum", RGB),
    F("colour.algebra.lerp", V, W, 0.3),
    F("colour.algebra.normalise_vector", V),
    *calls("pvlib.iam", "ashrae physical martin_ruiz schlick", ZENITH),
    F("pvlib.iam.martin_ruiz_diffuse", ZENITH),
    F("pvlib.iam.schlick_diffuse", ZENITH),
    F("pvlib.irradiance.isotropic", ZENITH, 150.0),
    F("pvlib.irradiance.aoi", 30.0, 180.0, ZENITH, 170.0),
    F("pvlib.irradiance.aoi_projection", 30.0, 180.0, ZENITH, 170.0),
    F("pvlib.irradiance.klucher", 30.0, 180.0, 150.0, 700.0, ZENITH, 170.0),
    F("pvlib.irradiance.haydavies", 30.0, 180.0, 150.0, 600.0, 1367.0, ZENITH, 170.0),
    F("pvlib.irradiance.reindl", 30.0, 180.0, 150.0, 600.0, 700.0, 1367.0, ZENITH, 170.0),
    F("pvlib.irradiance.king", 30.0, 150.0, 700.0, ZENITH),
    F("pvlib.irradiance.beam_component", 30.0, 180.0, ZENITH, 170.0, 600.0),
    F("pvlib.irradiance.get_ground_diffuse", 30.0, 700.0),
    F("pvlib.irradiance.clearness_index", 600.0, ZENITH, 1367.0),
    F("pvlib.atmosphere.pres2alt", 95000.0),
    F("pvlib.atmosphere.alt2pres", 1200.0),
    F("pvlib.atmosphere.get_relative_airmass", ZENITH),
    F("pvlib.atmosphere.get_absolute_airmass", 1.7, 95000.0),
    F("pvlib.atmosphere.gueymard94_pw", 21.0, 60.0),
    F("pvlib.atmosphere.tdew_from_rh", 21.0, 60.0),
    F("pvlib.atmosphere.rh_from_tdew", 21.0, 12.0),
    F("pvlib.atmosphere.kasten96_lt", 1.7, 1.4, 0.1),
    F("pvlib.atmosphere.bird_hulstrom80_aod_bb", 0.1, 0.2),
    F("pvlib.atmosphere.angstrom_aod_at_lambda", 0.1, 500.0, 1.14, 700.0),
    F("pvlib.atmosphere.windspeed_powerlaw", 3.0, 2.0, 10.0, 0.2),
    F("pvlib.temperature.faiman", 700.0, 21.0, 2.0),
    F("pvlib.temperature.sapm_cell", 700.0, 21.0, 2.0, -3.5, -0.06, 3.0),
    F("pvlib.temperature.pvsyst_cell", 700.0, 21.0, 2.0),
    F("pvlib.temperature.ross", 700.0, 21.0, 45.0),
    F("pvlib.temperature.noct_sam", 700.0, 21.0, 2.0, 45.0, 0.18),
    F("pvlib.solarposition.solar_zenith_analytical", 0.6, 0.4, 0.3),
    F("pvlib.solarposition.solar_azimuth_analytical", 0.6, 0.4, 0.3, 0.5),
    F("pvlib.clearsky.bird", ZENITH, 1.7, 0.1, 0.15, 1.4, prepare=lambda f: lambda *x: list(f(*x).values())),
    F(
        "pvlib.pvsystem.sapm_effective_irradiance",
        600.0,
        150.0,
        1.7,
        30.0,
        {
            "A0": 0.93,
            "A1": 0.05,
            "A2": -0.008,
            "A3": 0.0005,
            "A4": 0.0,
            "B0": 1.0,
            "B1": -0.002,
            "B2": 0.0003,
            "B3": 0.0,
            "B4": 0.0,
            "B5": 0.0,
            "FD": 1.0,
        },
    ),
    F(
        "pvlib.pvsystem.calcparams_desoto",
        700.0,
        35.0,
        0.003,
        1.6,
        6.0,
        1e-9,
        300.0,
        0.4,
        prepare=lambda f: lambda *x: f(*x),
    ),
    F("pvlib.pvsystem.pvwatts_dc", 700.0, 35.0, 4000.0, -0.003),
    F("pvlib.singlediode.estimate_voc", 6.0, 1e-9, 1.6),
    F("pvlib.singlediode.bishop88", np.array([0.3, 0.5]), 6.0, 1e-9, 0.4, 300.0, 1.6),
    F("pvlib.inverter.pvwatts", 3000.0, 4000.0),
    F("pvlib.shading.masking_angle", 30.0, 0.4, 0.3),
]
