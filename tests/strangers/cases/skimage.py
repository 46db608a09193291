"""scikit-image: colours, matrices of geometric transforms, errors of images, filters."""

from __future__ import annotations

import numpy as np

from tests.strangers.case import Case, F, calls

__all__ = ["CASES"]

RGB = np.array([[0.3, 0.6, 0.2], [0.8, 0.1, 0.5]])
LAB = np.array([[55.0, 12.0, -20.0], [70.0, -8.0, 31.0]])
OTHER = LAB + np.array([[3.0, -2.0, 4.0], [-5.0, 1.0, 2.0]])
IMAGE = 0.5 + 0.4 * np.sin(np.arange(64.0).reshape(8, 8) ** 1.3)
SECOND = 0.5 + 0.3 * np.cos(np.arange(64.0).reshape(8, 8) ** 1.1)

CASES: list[Case] = [
    *calls(
        "skimage.color",
        "rgb2hsv hsv2rgb xyz2rgb rgb2xyz rgb2rgbcie rgbcie2rgb rgb2gray gray2rgb xyz2lab "
        "rgb2lab xyz2luv rgb2luv rgb2hed hed2rgb rgb2yuv rgb2yiq rgb2ypbpr rgb2ycbcr "
        "rgb2ydbdr yuv2rgb yiq2rgb ypbpr2rgb ydbdr2rgb",
        RGB,
    ),
    *calls("skimage.color", "lab2xyz lab2rgb lab2lch luv2xyz lch2lab", LAB),
    *calls("skimage.color", "deltaE_cie76 deltaE_ciede94 deltaE_ciede2000 deltaE_cmc", LAB, OTHER),
    *calls("skimage.metrics", "mean_squared_error normalized_root_mse", IMAGE, SECOND),
    F("skimage.metrics.peak_signal_noise_ratio", IMAGE, SECOND, data_range=1.0),
    F("skimage.metrics.structural_similarity", IMAGE, SECOND, data_range=1.0),
    F("skimage.exposure.adjust_gamma", IMAGE, 1.4, wrt=0),
    F("skimage.exposure.adjust_log", IMAGE),
    F("skimage.exposure.adjust_sigmoid", IMAGE),
    F("skimage.exposure.rescale_intensity", IMAGE),
    F("skimage.filters.gaussian", IMAGE, 1.2, wrt=0),
    *calls("skimage.filters", "sobel sobel_h prewitt scharr roberts farid laplace", IMAGE),
    F("skimage.filters.unsharp_mask", IMAGE),
    F("skimage.filters.difference_of_gaussians", IMAGE, 0.8),
    F("skimage.feature.hessian_matrix", IMAGE, 1.2, wrt=0, use_gaussian_derivatives=False),
    F("skimage.feature.structure_tensor", IMAGE, 1.0, wrt=0),
    F(
        "skimage.transform.AffineTransform",
        0.3,
        wrt=0,
        prepare=lambda c: lambda a: c(rotation=a, scale=(1.2, 0.9)).params,
    ),
    F("skimage.transform.SimilarityTransform", 0.3, wrt=0, prepare=lambda c: lambda a: c(rotation=a, scale=1.2).params),
    F("skimage.transform.EuclideanTransform", 0.3, wrt=0, prepare=lambda c: lambda a: c(rotation=a).params),
    F("skimage.transform.AffineTransform", RGB[:, :2], prepare=lambda c: c(rotation=0.4, translation=(1.0, 2.0))),
    F(
        "skimage.transform.ProjectiveTransform",
        RGB[:, :2],
        prepare=lambda c: c(np.array([[1, 0.2, 3], [0.1, 1.1, 2], [0.01, 0.02, 1]])),
    ),
    F("skimage.transform.PolynomialTransform", RGB[:, :2], prepare=lambda c: c(np.arange(12.0).reshape(2, 6))),
    F("skimage.transform.resize", IMAGE, (4, 4)),
    F("skimage.transform.integral_image", IMAGE),
    F("skimage.restoration.denoise_tv_chambolle", IMAGE, max_num_iter=3),
    F("skimage.util.invert", IMAGE),
    F("skimage.util.montage", np.stack([IMAGE, SECOND])),
    F("skimage.util.view_as_blocks", IMAGE, (4, 4)),
    F("skimage.util.view_as_windows", IMAGE, (4, 4)),
    F("skimage.measure.block_reduce", IMAGE, (2, 2), np.mean),
    F("skimage.measure.moments", IMAGE[:4, :4]),
    F("skimage.measure.moments_central", IMAGE[:4, :4]),
    F(
        "skimage.measure.moments_hu",
        np.array([[0.3, 0.1, 0.2, 0.4], [0.2, 0.5, 0.1, 0.2], [0.7, 0.2, 0.3, 0.1], [0.2, 0.1, 0.4, 0.3]]),
    ),
    F("skimage._shared.filters.gaussian", IMAGE, 0.7, wrt=0),
]
