package dev.unlearn.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.DelegatingCausalLm;
import dev.unlearn.RunOptions;
import dev.unlearn.TinyModel;
import dev.unlearn.Unlearner;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.ExtractionLikelihood;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.DecodingListener;
import dev.unlearn.spi.GreedyContinuations;
import dev.unlearn.spi.RunProgress;
import dev.unlearn.spi.ScoreDetail;
import dev.unlearn.spi.TokenScores;
import dev.unlearn.spi.UnlearningListener;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("engine")
final class RememberingCausalLmTest {
  /** 36 tokens. */
  private static final List<TokenSequence> SEQUENCES = TinyModel.random(1, 3, 12);

  private final TrainableCausalLm model = TinyModel.gpt2(2);
  private final RememberingCausalLm remembering = new RememberingCausalLm(model);
  private final List<Long> heard = new ArrayList<>();

  @AfterEach
  void close() {
    model.close();
  }

  @Test
  void continueGreedily_progressInTokensOfSequences() {
    measuring();

    assertThat(ExtractionLikelihood.of(3).measure(remembering, SEQUENCES).perSequence()).hasSize(3);

    assertThat(heard).isSorted().startsWith(0L).endsWith(36L).hasSizeGreaterThan(5);
  }

  @Test
  void score_progress() {
    measuring();

    assertThat(MemorizationAccuracy.of().measure(remembering, SEQUENCES).perSequence()).hasSize(3);

    assertThat(heard).containsExactly(0L, 36L);
  }

  /** Each in a call of its own, as thresholds and some metrics ask. */
  @Test
  void continueGreedily_progressOverSeveralCalls() {
    measuring();

    for (TokenSequence sequence : SEQUENCES) {
      assertThat(continued(List.of(sequence), 1, 11)).hasSize(1);
    }

    assertThat(heard).isSorted().contains(12L, 24L).endsWith(36L);
  }

  @Test
  void score_moreDetailAnswersLess() {
    List<TokenSequence> prompted = SEQUENCES.stream().map(s -> s.withPromptLength(5)).toList();

    List<TokenScores> all = remembering.score(prompted);
    assertThat(remembering.score(prompted, ScoreDetail.TARGETS)).isEqualTo(all);
    List<TokenScores> moments = remembering.score(prompted, ScoreDetail.MOMENTS);
    assertThat(moments).allMatch(TokenScores::hasMoments);
    assertThat(remembering.score(prompted, ScoreDetail.MOMENTS)).isEqualTo(moments);
    assertThat(remembering.score(prompted)).isEqualTo(all);
  }

  @Test
  void score_lessDetailDoesNotAnswerMore() {
    List<TokenSequence> prompted = SEQUENCES.stream().map(s -> s.withPromptLength(5)).toList();

    List<TokenScores> targets = remembering.score(prompted, ScoreDetail.TARGETS);
    assertThat(remembering.score(prompted, ScoreDetail.TARGETS)).isEqualTo(targets);
    assertThat(targets).allMatch(scores -> scores.firstPosition() == 5);
    assertThat(remembering.score(prompted)).allMatch(scores -> scores.firstPosition() == 1);
    assertThat(remembering.score(prompted, ScoreDetail.MOMENTS)).allMatch(TokenScores::hasMoments);
  }

  /** Without a prompt targets are all positions. */
  @Test
  void score_momentsWithoutPromptAnswerAll() {
    List<TokenScores> moments = remembering.score(SEQUENCES, ScoreDetail.MOMENTS);

    assertThat(remembering.score(SEQUENCES)).isEqualTo(moments);
    remembering.weightsChanged();
    assertThat(remembering.score(SEQUENCES)).noneMatch(TokenScores::hasMoments);
  }

  /** Extraction likelihood has read what memorization accuracy asks for. */
  @Test
  void score_choicesCameWithContinuations() {
    List<ScoreDetail> asked = new ArrayList<>();
    RememberingCausalLm once = noting(asked);

    assertThat(ExtractionLikelihood.of(3).measure(once, SEQUENCES).perSequence()).hasSize(3);
    assertThat(MemorizationAccuracy.of().measure(once, SEQUENCES))
        .isEqualTo(MemorizationAccuracy.of().measure(model, SEQUENCES));

    assertThat(asked).containsExactly(ScoreDetail.CHOICES);
  }

  @Test
  void continueGreedily_cancelledBeforeScoring() {
    List<ScoreDetail> asked = new ArrayList<>();
    RememberingCausalLm stopped = noting(asked);
    stopped.measuring(
        "el",
        SEQUENCES,
        new MeasuringProgress() {
          @Override
          public void step() {
            throw new UnsupportedOperationException("cancelled");
          }

          @Override
          public void at(String what, long doneTokens, long totalTokens) {}
        });

    assertThatThrownBy(() -> ExtractionLikelihood.of(3).measure(stopped, SEQUENCES))
        .hasMessage("cancelled");
    assertThat(asked).isEmpty();
  }

  /** Returns one that notes what the model itself is asked to score. */
  private RememberingCausalLm noting(List<ScoreDetail> asked) {
    return new RememberingCausalLm(
        new DelegatingCausalLm(model) {
          @Override
          public List<TokenScores> score(List<TokenSequence> sequences, ScoreDetail detail) {
            asked.add(detail);
            return super.score(sequences, detail);
          }
        });
  }

  @Test
  void score_progressOfTargets() {
    measuring();

    assertThat(remembering.score(SEQUENCES, ScoreDetail.TARGETS)).hasSize(3);

    assertThat(heard).containsExactly(0L, 36L);
  }

  @Test
  void continueGreedily_remembersPrefixes() {
    List<GreedyContinuations> some = continued(SEQUENCES, 4, 8);
    List<GreedyContinuations> all = continued(SEQUENCES, 1, 11);

    List<int[]> lengths = SEQUENCES.stream().map(s -> IntStream.range(1, 12).toArray()).toList();
    List<GreedyContinuations> expected = model.continueGreedily(SEQUENCES, lengths);
    for (int i = 0; i < 3; i++) {
      assertThat(all.get(i).after(5)).isSameAs(some.get(i).after(5));
      for (int length = 1; length < 12; length++) {
        assertThat(all.get(i).after(length)).isEqualTo(expected.get(i).after(length));
      }
    }
  }

  @Test
  void continueGreedily_refusedCallsLeaveNothing() {
    List<int[]> lengths = List.of(new int[] {1}, new int[] {1}, new int[] {1});
    List<TokenScores> scores = model.score(SEQUENCES);
    List<TokenScores> turned = List.of(scores.get(1), scores.get(2), scores.get(0));

    assertThatThrownBy(() -> remembering.continueGreedily(SEQUENCES, lengths, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("order must be >= 1, but was: 0");
    assertThatThrownBy(() -> continuedWith(lengths, scores, -1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("order must be >= 1, but was: -1");
    assertThatThrownBy(() -> continuedWith(lengths, List.of(), 3))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("for each of 3 sequences");
    remembering.weightsChanged();
    assertThatThrownBy(() -> continuedWith(lengths, turned, 3))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("scores at 0 must be of sequence 0");

    assertThat(remembering.score(SEQUENCES))
        .extracting(TokenScores::sequence)
        .containsExactlyElementsOf(SEQUENCES);
    List<GreedyContinuations> expected = model.continueGreedily(SEQUENCES, lengths, 3);
    List<GreedyContinuations> actual = remembering.continueGreedily(SEQUENCES, lengths, 3);
    for (int i = 0; i < 3; i++) {
      assertThat(actual.get(i).after(1)).isEqualTo(expected.get(i).after(1));
    }
  }

  private List<GreedyContinuations> continuedWith(
      List<int[]> lengths, List<TokenScores> scores, int order) {
    return remembering.continueGreedily(SEQUENCES, lengths, scores, order, DecodingListener.NONE);
  }

  /** What ends early serves n-grams that are as long; shorter ones are decoded anew, for all. */
  @Test
  void continueGreedily_ordersShareWhatServesTheLeast() {
    List<int[]> lengths = List.of(new int[] {1}, new int[] {1}, new int[] {1});
    List<GreedyContinuations> whole = model.continueGreedily(SEQUENCES, lengths);

    List<GreedyContinuations> ten = remembering.continueGreedily(SEQUENCES, lengths, 10);
    List<GreedyContinuations> eleven = remembering.continueGreedily(SEQUENCES, lengths, 11);
    List<GreedyContinuations> three = remembering.continueGreedily(SEQUENCES, lengths, 3);
    remembering.weightsChanged();
    List<GreedyContinuations> tenAgain = remembering.continueGreedily(SEQUENCES, lengths, 10);

    for (int i = 0; i < 3; i++) {
      assertThat(eleven.get(i).after(1)).isSameAs(ten.get(i).after(1));
      assertThat(three.get(i).after(1)).hasSizeGreaterThan(ten.get(i).after(1).length);
      assertThat(tenAgain.get(i).after(1)).isEqualTo(three.get(i).after(1));
      assertThat(whole.get(i).after(1)).startsWith(three.get(i).after(1));
    }
  }

  @Test
  void listener_failsInTheMidst() {
    remembering.measuring(
        "el",
        SEQUENCES,
        (what, done, total) -> {
          if (done > 0) {
            throw new UnsupportedOperationException(what);
          }
        });
    assertThatThrownBy(() -> continued(SEQUENCES, 1, 11)).hasMessage("el");

    measuring();
    assertThat(continued(SEQUENCES, 1, 11)).hasSize(3);
    assertThat(heard).endsWith(36L);
  }

  /** What a listener of a run hears of one metric goes up, and ends at all of its tokens. */
  @Test
  void forget_progressOfEachMeasurement() {
    List<RunProgress> all = new ArrayList<>();
    UnlearningListener listener =
        new UnlearningListener() {
          @Override
          public void progressed(RunProgress progress) {
            if (progress.phase() == RunProgress.Phase.MEASURING) {
              all.add(progress);
            }
          }
        };
    try (TrainableCausalLm reciting = TinyModel.reciting()) {
      assertThat(
              Unlearner.builder()
                  .unseen(TinyModel.unseen())
                  .order(3)
                  .maxEpochs(6)
                  .optimizer(Optimizers.adam(3e-3))
                  .build()
                  .forget(
                      reciting,
                      TinyModel.recited(),
                      RunOptions.builder().listener(listener).build())
                  .epochs())
          .isNotEmpty();
    }

    assertThat(all).extracting(RunProgress::what).contains("ma", "el_3");
    for (int i = 0; i < all.size(); i++) {
      RunProgress now = all.get(i);
      assertThat(now.doneTokens()).isBetween(0L, now.totalTokens());
      boolean last = i + 1 == all.size() || all.get(i + 1).doneTokens() < now.doneTokens();
      if (last) {
        assertThat(now.doneTokens()).as(now.what()).isEqualTo(now.totalTokens());
      } else {
        assertThat(all.get(i + 1).what()).isEqualTo(now.what());
      }
    }
  }

  private void measuring() {
    remembering.measuring(
        "el",
        SEQUENCES,
        (what, done, total) -> {
          assertThat(total).isEqualTo(36);
          heard.add(done);
        });
  }

  private List<GreedyContinuations> continued(List<TokenSequence> sequences, int from, int to) {
    int[] lengths = IntStream.rangeClosed(from, to).toArray();
    return remembering.continueGreedily(sequences, sequences.stream().map(s -> lengths).toList());
  }
}
