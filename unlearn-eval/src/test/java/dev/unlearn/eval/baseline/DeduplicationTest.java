package dev.unlearn.eval.baseline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.primitives.Ints;
import dev.unlearn.api.TokenSequence;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

final class DeduplicationTest {

  private static DeduplicatedCorpus deduplicated(int minTokens, int[]... documents) {
    List<TokenSequence> sequences = new ArrayList<>();
    for (int[] document : documents) {
      sequences.add(TokenSequence.of(document));
    }
    return Deduplication.exactSubstrings(minTokens).applyTo(sequences);
  }

  private static List<TokenSequence> of(int[]... documents) {
    List<TokenSequence> sequences = new ArrayList<>();
    for (int[] document : documents) {
      sequences.add(TokenSequence.of(document));
    }
    return sequences;
  }

  /** "1 2 3 4" comes in both; the first stays. */
  @Test
  void applyTo_repeatInAnotherDocument() {
    DeduplicatedCorpus corpus =
        deduplicated(3, new int[] {9, 1, 2, 3, 4, 8}, new int[] {7, 7, 1, 2, 3, 4, 6});
    assertThat(corpus.removed()).containsExactly(List.of(), List.of(new TokenRange(2, 6)));
    assertThat(corpus.documents()).isEqualTo(of(new int[] {9, 1, 2, 3, 4, 8}, new int[] {7, 7, 6}));
    assertThat(corpus.longestRepeat()).isEqualTo(4);
    assertThat(corpus.tokenCount()).isEqualTo(13);
    assertThat(corpus.remainingTokenCount()).isEqualTo(9);
    assertThat(corpus)
        .hasToString("DeduplicatedCorpus[documents=2 of 2, tokens=9 of 13, longestRepeat=4]");
  }

  @Test
  void applyTo_removingAll() {
    DeduplicatedCorpus corpus =
        Deduplication.exactSubstrings(3)
            .removingAll()
            .applyTo(of(new int[] {9, 1, 2, 3, 4, 8}, new int[] {7, 7, 1, 2, 3, 4, 6}));
    assertThat(corpus.removed())
        .containsExactly(List.of(new TokenRange(1, 5)), List.of(new TokenRange(2, 6)));
  }

  @Test
  void applyTo_repeatWithinADocument() {
    DeduplicatedCorpus corpus = deduplicated(2, new int[] {1, 2, 5, 1, 2, 6, 1, 2});
    assertThat(corpus.removed())
        .containsExactly(List.of(new TokenRange(3, 5), new TokenRange(6, 8)));
    assertThat(corpus.documents()).isEqualTo(of(new int[] {1, 2, 5, 6}));
  }

  /** "2 3" ends one document and begins the next: "1 2 3 4" is in none of them. */
  @Test
  void applyTo_nothingSpansDocuments() {
    DeduplicatedCorpus corpus =
        deduplicated(4, new int[] {1, 2}, new int[] {3, 4}, new int[] {1, 2, 3, 4});
    assertThat(corpus.removed()).containsExactly(List.of(), List.of(), List.of());
    assertThat(corpus.longestRepeat()).isZero();
  }

  /** Equal pairs of documents, whose common prefix in the joined text is longer than each. */
  @Test
  void applyTo_longestRepeatEndsWithTheDocument() {
    DeduplicatedCorpus corpus =
        deduplicated(
            2, new int[] {1, 2, 3}, new int[] {4, 5}, new int[] {1, 2, 3}, new int[] {4, 5});
    assertThat(corpus.longestRepeat()).isEqualTo(3);
    assertThat(corpus.indices()).containsExactly(0, 1);
    assertThat(corpus.removed().get(3)).containsExactly(new TokenRange(0, 2));
  }

  @Test
  void applyTo_runOfOneToken() {
    assertThat(deduplicated(2, new int[] {5, 5, 5, 5, 5}).documents()).isEqualTo(of(new int[] {5}));
  }

  /** Of the prompt "1 2" the first token stays, of what follows it all. */
  @Test
  void applyTo_keepsNameDomainAndPrompt() {
    TokenSequence first = TokenSequence.of(8, 2, 3).withName("a");
    TokenSequence second =
        TokenSequence.of(1, 2, 3, 4).withPromptLength(2).withName("b").withDomain("mail");
    TokenSequence onlyPromptLeft = TokenSequence.of(6, 2, 3).withPromptLength(1);
    DeduplicatedCorpus corpus =
        Deduplication.exactSubstrings(2).applyTo(List.of(first, second, onlyPromptLeft));
    assertThat(corpus.documents())
        .containsExactly(
            first, TokenSequence.of(1, 4).withPromptLength(1).withName("b").withDomain("mail"));
    assertThat(corpus.indices()).containsExactly(0, 1);
  }

  /** By the definition: k tokens that came before, each looked up in a map. */
  private static List<Set<Integer>> naive(
      List<TokenSequence> documents, int minTokens, boolean keepsFirst) {
    Map<List<Integer>, Integer> counts = new HashMap<>();
    List<List<List<Integer>>> windows = new ArrayList<>();
    for (TokenSequence document : documents) {
      List<List<Integer>> ofDocument = new ArrayList<>();
      for (int start = 0; start + minTokens <= document.length(); start++) {
        ofDocument.add(Ints.asList(document.ids(start, start + minTokens)));
      }
      ofDocument.forEach(window -> counts.merge(window, 1, Integer::sum));
      windows.add(ofDocument);
    }
    Set<String> seen = new TreeSet<>();
    List<Set<Integer>> removed = new ArrayList<>();
    for (List<List<Integer>> ofDocument : windows) {
      Set<Integer> positions = new TreeSet<>();
      for (int start = 0; start < ofDocument.size(); start++) {
        List<Integer> window = ofDocument.get(start);
        boolean first = seen.add(window.toString());
        if (counts.getOrDefault(window, 0) > 1 && !(first && keepsFirst)) {
          for (int i = 0; i < minTokens; i++) {
            positions.add(start + i);
          }
        }
      }
      removed.add(positions);
    }
    return removed;
  }

  private static int naiveLongest(List<TokenSequence> documents) {
    int longest = 0;
    for (int one = 0; one < documents.size(); one++) {
      for (int other = one; other < documents.size(); other++) {
        for (int i = 0; i < documents.get(one).length(); i++) {
          for (int j = one == other ? i + 1 : 0; j < documents.get(other).length(); j++) {
            int length = 0;
            while (i + length < documents.get(one).length()
                && j + length < documents.get(other).length()
                && documents.get(one).id(i + length) == documents.get(other).id(j + length)) {
              length++;
            }
            longest = Math.max(longest, length);
          }
        }
      }
    }
    return longest;
  }

  @Test
  void applyTo_sameAsNaive() {
    Random random = new Random(1);
    for (int trial = 0; trial < 1_500; trial++) {
      int alphabet = 1 + random.nextInt(4) * random.nextInt(20);
      List<TokenSequence> documents = new ArrayList<>();
      int[] planted = random.ints(1 + random.nextInt(12), 0, alphabet).toArray();
      for (int d = 0; d < 1 + random.nextInt(6); d++) {
        int[] text = random.ints(1 + random.nextInt(30), 0, alphabet).toArray();
        documents.add(
            TokenSequence.of(random.nextBoolean() ? text : Ints.concat(text, planted, text)));
      }
      int minTokens = 1 + random.nextInt(8);
      boolean keepsFirst = random.nextBoolean();
      Deduplication deduplication = Deduplication.exactSubstrings(minTokens);
      DeduplicatedCorpus corpus =
          (keepsFirst ? deduplication : deduplication.removingAll()).applyTo(documents);
      List<Set<Integer>> expected = naive(documents, minTokens, keepsFirst);
      long removed = 0;
      for (int d = 0; d < documents.size(); d++) {
        Set<Integer> positions = new TreeSet<>();
        int last = -1;
        for (TokenRange range : corpus.removed().get(d)) {
          assertThat(range.from()).isGreaterThan(last); // apart, so that no two touch
          last = range.to();
          for (int position = range.from(); position < range.to(); position++) {
            positions.add(position);
          }
        }
        assertThat(positions).as("trial %s, document %s", trial, d).isEqualTo(expected.get(d));
        removed += positions.size();
      }
      assertThat(corpus.tokenCount() - corpus.remainingTokenCount()).isEqualTo(removed);
      int longest = naiveLongest(documents);
      assertThat(corpus.longestRepeat()).isEqualTo(longest >= minTokens ? longest : 0);
    }
  }

  /** 2 documents of 3 tokens are 8 with separators, or 136 bytes, and ids to 9 are 36 more. */
  @Test
  void applyTo_tooLargeForTheHeap() {
    List<TokenSequence> documents = of(new int[] {1, 2, 3}, new int[] {4, 5, 9});
    assertThat(Deduplication.exactSubstrings().applyTo(documents, 172).documents()).hasSize(2);
    assertThatThrownBy(() -> Deduplication.exactSubstrings().applyTo(documents, 171))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "documents must have at most 7 tokens and documents together in a heap of 0 MiB, but"
                + " had: 8");
  }

  @Test
  void arguments_bad() {
    assertThatThrownBy(() -> Deduplication.exactSubstrings(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("minTokens must be >= 1, but was: 0");
    assertThatThrownBy(() -> Deduplication.exactSubstrings().applyTo(List.of()))
        .hasMessage("documents must hold at least one document, but were empty");
    assertThatThrownBy(() -> new TokenRange(3, 3))
        .hasMessage("range must be of tokens, but was: [3, 3)");
  }
}
