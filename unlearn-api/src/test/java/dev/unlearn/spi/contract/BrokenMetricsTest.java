package dev.unlearn.spi.contract;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Metric;
import dev.unlearn.spi.TokenScores;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What breaks the contract fails it. */
final class BrokenMetricsTest {
  private static int calls;

  @Test
  void measure_keepsToTheContract() {
    MetricContract contract = contract(new Hits());
    assertThatCode(
            () -> {
              contract.key_says();
              contract.measure_oneValuePerSequence();
              contract.measure_sameTwice();
              contract.measure_aggregateOfDefinedValues();
              contract.measure_shortSequences();
              contract.higherMeansKnown_knowingModel();
            })
        .doesNotThrowAnyException();
  }

  @Test
  void measure_oneValueForAll() {
    Metric metric =
        new Hits() {
          @Override
          public MetricResult measure(CausalLm model, List<TokenSequence> sequences) {
            return MetricResult.mean(key(), List.of(0.5));
          }
        };
    assertFails(contract(metric)::measure_oneValuePerSequence);
  }

  @Test
  void measure_anotherKey() {
    Metric metric =
        new Hits() {
          @Override
          public MetricResult measure(CausalLm model, List<TokenSequence> sequences) {
            return MetricResult.mean("misses", super.measure(model, sequences).perSequence());
          }
        };
    assertFails(contract(metric)::measure_oneValuePerSequence);
  }

  @Test
  void measure_neverTheSame() {
    Metric metric =
        new Hits() {
          @Override
          double value(TokenScores scores) {
            return calls++;
          }
        };
    assertFails(contract(metric)::measure_sameTwice);
  }

  @Test
  void measure_silentZero() {
    Metric metric =
        new Hits() {
          @Override
          public MetricResult measure(CausalLm model, List<TokenSequence> sequences) {
            List<Double> undefined = sequences.stream().map(sequence -> Double.NaN).toList();
            return MetricResult.of(key(), 0, undefined);
          }
        };
    assertFails(contract(metric)::measure_aggregateOfDefinedValues);
  }

  @Test
  void measure_failsOnShortSequences() {
    Metric metric =
        new Hits() {
          @Override
          double value(TokenScores scores) {
            return scores.hit(2) ? 1 : 0;
          }
        };
    assertThatThrownBy(contract(metric)::measure_shortSequences)
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void higherMeansKnown_theOtherWay() {
    Metric metric =
        new Hits() {
          @Override
          public boolean higherMeansKnown() {
            return false;
          }
        };
    assertFails(contract(metric)::higherMeansKnown_knowingModel);
  }

  /** The number of true tokens that are the greedy choice. */
  private static class Hits implements Metric {
    @Override
    public String key() {
      return "hits";
    }

    @Override
    public MetricResult measure(CausalLm model, List<TokenSequence> sequences) {
      return MetricResult.mean(key(), model.score(sequences).stream().map(this::value).toList());
    }

    double value(TokenScores scores) {
      int hits = 0;
      for (int i = scores.sequence().firstTarget(); i < scores.sequence().length(); i++) {
        hits += scores.hit(i) ? 1 : 0;
      }
      return hits;
    }

    @Override
    public boolean higherMeansKnown() {
      return true;
    }
  }

  private static MetricContract contract(Metric metric) {
    return new MetricContract() {
      @Override
      protected Metric metric() {
        return metric;
      }
    };
  }

  private static void assertFails(Runnable test) {
    assertThatThrownBy(test::run).isInstanceOf(AssertionError.class);
  }
}
