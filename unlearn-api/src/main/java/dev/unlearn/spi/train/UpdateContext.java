package dev.unlearn.spi.train;

import dev.unlearn.api.TokenSequence;
import java.util.List;

/** A whole update, before its first micro-batch, for what an objective must know of all of it. */
public interface UpdateContext {

  /** Returns the number of this update in the run, from 1. */
  int epoch();

  /** Returns the sequences to forget in this update. */
  List<TokenSequence> forget();

  /** Returns the alternatives to them, in their order; empty if the objective needs none. */
  List<TokenSequence> alternatives();

  /** Returns the sequences to keep in this update; empty if the objective needs none. */
  List<TokenSequence> retain();

  /**
   * Returns the summed log-probability of each sequence's targets under the model as it is now, in
   * nats. Costs a pass without gradients.
   */
  double[] logLikelihoods(List<TokenSequence> sequences);

  /** Returns the same under the original model; known sequences cost nothing. */
  double[] referenceLogLikelihoods(List<TokenSequence> sequences);

  /** Returns what the objective remembers in this run. */
  ObjectiveMemory memory();
}
