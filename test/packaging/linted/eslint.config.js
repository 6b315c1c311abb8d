import typescriptParser from '@typescript-eslint/parser'
import skewproof from 'eslint-plugin-skewproof'

export default [
  skewproof.configs.recommended,
  { files: ['**/*.ts'], languageOptions: { parser: typescriptParser } },
  { files: ['**/*.cjs'], languageOptions: { sourceType: 'commonjs' } },
  { rules: { 'skewproof/no-unbounded-tolerance': ['warn', { maxSeconds: 20 }] } },
]
