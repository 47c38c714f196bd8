/**
 * Tokenizers of HuggingFace folders: a model brings its own, {@link
 * dev.unlearn.model.tokenizer.HfTokenizer#load} reads one by itself.
 *
 * <p>A panic of the native side cannot cross JNI and ends the process, so files are checked first.
 * Each rule below stands for what version 0.21.0 of the crate {@code tokenizers}, which DJL 0.36
 * carries, does without it; one that a later version no longer needs can go.
 *
 * <table>
 * <caption>Rules</caption>
 * <tr><th>Rule</th><th>What the native side does</th><th>Class</th></tr>
 * <tr><td>One meaning of JSON; ids that fit</td><td>reads another file than was checked</td>
 *     <td>{@code StrictJson}, {@code TokenizerRules}</td></tr>
 * <tr><td>Merges begin with the prefix; short pieces</td><td>slices outside; overflows its
 *     stack</td><td>{@code TokenizerRules}</td></tr>
 * <tr><td>Added tokens in number and length</td><td>compares each with each</td>
 *     <td>{@code AddedTokenRules}</td></tr>
 * <tr><td>Something left of an added token; no lstrip from a space beside rstrip</td><td>slices
 *     within a character, or backwards</td><td>{@code AddedTokenRules}</td></tr>
 * <tr><td>Few steps of expressions</td><td>panics at Oniguruma's limit of ten million</td>
 *     <td>{@code BacktrackingRule}</td></tr>
 * <tr><td>No empty match replaced; no empty pattern, prefix, suffix; length at least 1; stop
 *     0</td><td>slices outside or backwards, divides by 0, or does not end</td>
 *     <td>{@code PartRules}</td></tr>
 * <tr><td>A charsmap that stays in its place</td><td>follows its trie outside</td>
 *     <td>{@code PrecompiledCharsmap}</td></tr>
 * </table>
 */
@NullMarked
@CheckReturnValue
package dev.unlearn.model.tokenizer;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
