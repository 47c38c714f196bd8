package dev.unlearn.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.unlearn.api.Corpus;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.TokenSequence;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class FingerprintsTest {
  private final Fingerprints fingerprints = Fingerprints.under(new byte[] {1});

  @Test
  void of_everythingThatDiffers() {
    TokenSequence one = TokenSequence.of(1, 2, 3);
    ForgetSet set = ForgetSet.of(one);
    List<String> all =
        Stream.of(
                fingerprints.of("a", set),
                fingerprints.of("b", set),
                Fingerprints.under(new byte[] {2}).of("a", set),
                fingerprints.of("a", ForgetSet.of(one.withPromptLength(2))),
                fingerprints.of("a", ForgetSet.of(one.withDomain("d"))),
                fingerprints.of("a", ForgetSet.of(one.withDomain("e"))),
                fingerprints.of("a", ForgetSet.of(one, one)),
                fingerprints.of("a", set.withAlternatives(List.of(List.of(one)))),
                fingerprints.of("a", Corpus.of(List.of(one))),
                fingerprints.of("a", Corpus.ofTexts(List.of("ab", "c"))),
                fingerprints.of("a", Corpus.ofTexts(List.of("a", "bc"))))
            .toList();

    assertThat(all).doesNotHaveDuplicates().allMatch(hex -> hex.matches("[0-9a-f]{64}"));
    assertThat(fingerprints.of("a", ForgetSet.of(one.withName("n")))).isEqualTo(all.get(0));
  }
}
