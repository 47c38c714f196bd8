package com.example.outside;

import dev.unlearn.spi.Metric;
import dev.unlearn.spi.StoppingCriterion;
import dev.unlearn.spi.contract.StoppingCriterionContract;

final class LossAboveTest extends StoppingCriterionContract {
  @Override
  protected StoppingCriterion criterion() {
    return new LossAbove(Outside.LIMIT);
  }

  @Override
  protected double forgotten(Metric metric) {
    return 10;
  }
}
