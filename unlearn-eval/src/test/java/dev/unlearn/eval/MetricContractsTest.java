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

  @Nested
  final class Exact extends MetricContract {
    @Override
    protected Metric metric() {
      return ExactMemorization.of();
    }
  }

  @Nested
  final class ExactOfOpenUnlearning extends MetricContract {
    @Override
    protected Metric metric() {
      return ExactMemorization.openUnlearningCompat();
    }
  }

  @Nested
  final class Strength extends MetricContract {
    @Override
    protected Metric metric() {
      return ExtractionStrength.of();
    }
  }

  @Nested
  final class StrengthOfOpenUnlearning extends MetricContract {
    @Override
    protected Metric metric() {
      return ExtractionStrength.openUnlearningCompat();
    }
  }

  @Nested
  final class ProbabilityOfText extends MetricContract {
    @Override
    protected Metric metric() {
      return Probability.of();
    }
  }

  @Nested
  final class ProbabilityOfOpenUnlearning extends MetricContract {
    @Override
    protected Metric metric() {
      return Probability.openUnlearningCompat();
    }
  }

  @Nested
  final class Verbatim extends MetricContract {
    @Override
    protected Metric metric() {
      return VerbatimMemorization.of(8);
    }
  }

  @Nested
  final class VerbatimOfOpenUnlearning extends MetricContract {
    @Override
    protected Metric metric() {
      return VerbatimMemorization.openUnlearningCompat(8).endingWith(19);
    }
  }
}
