package dev.unlearn;

import dev.unlearn.api.Decision;
import dev.unlearn.spi.EpochProgress;
import dev.unlearn.spi.StoppingCriterion;

/** A criterion with a description, so that a resumed run knows it again. */
public record Described(String description, StoppingCriterion criterion)
    implements StoppingCriterion {
  @Override
  public Decision evaluate(EpochProgress progress) {
    return criterion.evaluate(progress);
  }
}
