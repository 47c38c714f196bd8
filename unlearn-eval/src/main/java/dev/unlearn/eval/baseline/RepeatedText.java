package dev.unlearn.eval.baseline;

import static com.google.common.base.Preconditions.checkArgument;

import dev.unlearn.api.TokenSequence;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import org.jsuffixarrays.SAIS;
import org.jsuffixarrays.SuffixArrays;

/**
 * Finds repeats in documents that are put one behind the other with a separator between them.
 *
 * <p>In the suffix array, suffixes that begin with the same k tokens are neighbors, and each but
 * the first has a longest common prefix of at least k with the one before. One separator serves
 * all: k tokens that hold it belong to no document and are left out, and what equals k tokens
 * without it has none either.
 */
final class RepeatedText {
  /** Text, suffixes, ranks and common prefixes; then what to remove, in bits. */
  private static final int BYTES_PER_TOKEN = 17;

  private static final int SEPARATOR = 0;

  private final List<TokenSequence> documents;
  private final int minTokens;
  private final int[] starts;
  private final int[] text;
  private final int alphabet;

  RepeatedText(List<TokenSequence> documents, int minTokens, long maxBytes) {
    this.documents = documents;
    this.minTokens = minTokens;
    long length = 0;
    int largest = 0;
    for (TokenSequence document : documents) {
      length += document.length() + 1L;
      largest = Math.max(largest, Arrays.stream(document.ids()).max().orElse(0));
    }
    long most = (maxBytes - 4L * largest) / BYTES_PER_TOKEN;
    checkArgument(
        length <= Math.min(most, Integer.MAX_VALUE - 8),
        "documents must have at most %s tokens and documents together in a heap of %s MiB, but had:"
            + " %s",
        Math.max(0, Math.min(most, Integer.MAX_VALUE - 8)),
        maxBytes >> 20,
        length);
    alphabet = largest + 2;
    text = new int[(int) length];
    starts = new int[documents.size()];
    int position = 0;
    for (int index = 0; index < starts.length; index++) {
      starts[index] = position;
      for (int id : documents.get(index).ids()) {
        text[position++] = id + 1;
      }
      text[position++] = SEPARATOR;
    }
  }

  DeduplicatedCorpus remove(boolean keepsFirst) {
    int[] suffixes = new int[text.length];
    int unused = SAIS.suffixsort(text, suffixes, text.length, alphabet);
    int[] common = SuffixArrays.computeLCP(text, 0, text.length, suffixes);
    BitSet windows = new BitSet(text.length); // where k tokens to remove begin
    int longest = 0;
    int begin = 0;
    while (begin < suffixes.length) {
      int end = begin + 1;
      int first = suffixes[begin];
      while (end < suffixes.length && common[end] >= minTokens) {
        first = Math.min(first, suffixes[end]);
        end++;
      }
      if (end > begin + 1 && left(suffixes[begin]) >= minTokens) {
        for (int i = begin; i < end; i++) {
          windows.set(suffixes[i]);
          if (i > begin && common[i] > longest) {
            longest = Math.max(longest, Math.min(common[i], left(suffixes[i])));
          }
        }
        windows.set(first, !keepsFirst);
      }
      begin = end;
    }
    return new DeduplicatedCorpus(documents, ranges(windows), longest);
  }

  /** Returns how many tokens a document has from a position on. */
  private int left(int position) {
    int found = Arrays.binarySearch(starts, position);
    int document = found >= 0 ? found : -found - 2;
    return starts[document] + documents.get(document).length() - position;
  }

  private List<List<TokenRange>> ranges(BitSet windows) {
    List<List<TokenRange>> ranges = new ArrayList<>(starts.length);
    for (int index = 0; index < starts.length; index++) {
      List<TokenRange> ofDocument = new ArrayList<>();
      int start = starts[index];
      int end = start + documents.get(index).length();
      int window = windows.nextSetBit(start);
      while (window >= 0 && window < end) {
        int from = window;
        int to = window + minTokens;
        window = windows.nextSetBit(window + 1);
        while (window >= 0 && window <= to && window < end) {
          to = window + minTokens;
          window = windows.nextSetBit(window + 1);
        }
        ofDocument.add(new TokenRange(from - start, to - start));
      }
      ranges.add(List.copyOf(ofDocument));
    }
    return List.copyOf(ranges);
  }
}
