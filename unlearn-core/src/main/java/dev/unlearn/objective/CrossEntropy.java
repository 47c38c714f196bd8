package dev.unlearn.objective;

import ai.djl.ndarray.NDArray;
import dev.unlearn.spi.train.RetainTerm;
import dev.unlearn.spi.train.Share;

/** {@link RetainTerms#crossEntropy}. */
final class CrossEntropy implements RetainTerm {
  static final RetainTerm INSTANCE = new CrossEntropy();

  private CrossEntropy() {}

  @Override
  public NDArray loss(Share retain) {
    return retain.tokenMean(retain.pass().logProbabilities()).neg();
  }

  @Override
  public String description() {
    return "cross-entropy";
  }
}
