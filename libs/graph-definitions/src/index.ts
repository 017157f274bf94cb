export { GRAPHS } from './catalogue';
