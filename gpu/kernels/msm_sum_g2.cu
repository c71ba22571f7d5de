// Sums of points of G2.
#include "msm_sum.cuh"

KW_MSM_KERNELS(g2, kw::G2Affine, kw::G2, 2);

KW_MODULE(msm_sum_g2)
