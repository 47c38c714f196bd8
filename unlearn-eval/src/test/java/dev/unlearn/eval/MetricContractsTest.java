package dev.unlearn.eval;

import dev.unlearn.spi.Metric;
import dev.unlearn.spi.contract.MetricContract;
import org.junit.jupiter.api.Nested;

/** The metrics that come with the library keep to the contract. */
final class MetricContractsTest {
  @Nested
  final class Accuracy extends MetricContract {
    @Override
    protected Metric metric() {
      return MemorizationAccuracy.of();
    }
  }

  @Nested
  final class Likelihood extends MetricContract {
    @Override
    protected Metric metric() {
      return ExtractionLikelihood.of(3);
    }
  }

  @Nested
  final class SampledLikelihood extends MetricContract {
    @Override
    protected Metric metric() {
      return ExtractionLikelihood.of(3).sampled(5, 1);
    }
  }

  @Nested
  final class Loss extends MetricContract {
    @Override
    protected Metric metric() {
      return TokenLoss.of();
    }
  }

  @Nested
  final class PerplexityOfText extends MetricContract {
    @Override
    protected Metric metric() {
      return Perplexity.of();
    }
  }
}
