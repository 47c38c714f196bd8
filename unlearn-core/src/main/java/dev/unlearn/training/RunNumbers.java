package dev.unlearn.training;

import static com.google.common.base.Preconditions.checkArgument;

import dev.unlearn.model.DjlCausalLm;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.Map;
import java.util.Set;

/**
 * What a run finds out about the machine before it begins, and its results depend on, by a hair:
 * sums in another order round differently. A run that is resumed takes those of the first.
 *
 * @param values by name
 */
record RunNumbers(Map<String, Long> values) {
  private static final String MICRO_BATCH_TOKENS = "microBatchTokens";
  private static final String DECODING_BYTES = "decodingBytes";

  RunNumbers {
    values = Map.copyOf(values);
    checkArgument(
        values.keySet().equals(Set.of(MICRO_BATCH_TOKENS, DECODING_BYTES)),
        "a run has other numbers: %s",
        values);
  }

  /** Returns those of a run that is not resumed. */
  static RunNumbers of(TrainableCausalLm model, MemoryPlan plan) {
    long decodingBytes =
        model instanceof DjlCausalLm own ? Math.min(own.decodingBytes(), plan.decodingBytes()) : 0;
    return new RunNumbers(
        Map.of(MICRO_BATCH_TOKENS, (long) plan.microBatchTokens(), DECODING_BYTES, decodingBytes));
  }

  /** Returns the padded tokens per micro-batch. */
  int microBatchTokens() {
    return Math.toIntExact(values.getOrDefault(MICRO_BATCH_TOKENS, 0L));
  }

  /** Returns what keys, values and copies of weights may take while decoding. */
  long decodingBytes() {
    return values.getOrDefault(DECODING_BYTES, 0L);
  }
}
