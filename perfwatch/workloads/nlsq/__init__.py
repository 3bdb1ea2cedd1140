"""Non-linear least squares at scale, stage by stage."""
